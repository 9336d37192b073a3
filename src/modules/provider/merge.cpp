#include "provider/merge.h"

#include <fmt/format.h>

#include <utility>

#include "base/error_codes.h"

namespace gvm::provider {
namespace {

using Kind = MergeStrategy::Kind;

const MergeStrategy kNone;

Error cannot_merge(const std::string& path, std::string_view why) {
  return Error(codes::kScriptBadArgument, Fatality::fatal,
               fmt::format("extra{}: {}", path.empty() ? "" : " at " + path, why));
}

Result<void> merge_at(Value& target, Value source, const MergeStrategy& strategy,
                      const std::string& path);

// Keys of `source` into `target`, each by its own strategy.
Result<void> merge_maps(Value::Map& target, Value::Map source, const MergeStrategy& strategy,
                        const std::string& path) {
  for (auto& [key, value] : source) {
    Value* present = target.find(key.view());
    if (present == nullptr) {
      target.set(key.view(), std::move(value));
      continue;
    }
    const auto own = strategy.by_key.find(key.view());
    const MergeStrategy& sub = own == strategy.by_key.end() ? kNone : own->second;
    auto merged = merge_at(*present, std::move(value), sub, fmt::format("{}/{}", path, key.view()));
    if (!merged) return merged;
  }
  return {};
}

Result<void> join(Value& target, Value source, Kind kind, const std::string& path) {
  if (auto *left = target.as_array(), *right = source.as_array(); left && right) {
    if (kind == Kind::merge_right) std::swap(*left, *right);
    for (auto& item : *right) left->push_back(std::move(item));
    return {};
  }
  if (auto left = target.as_string(), right = source.as_string(); left && right) {
    std::string joined(kind == Kind::merge_left ? *left : *right);
    joined += kind == Kind::merge_left ? *right : *left;
    target = Value::string(std::move(joined));
    return {};
  }
  return fail(cannot_merge(
      path, fmt::format("merge_left and merge_right join two arrays or two strings, not {} and {}",
                        kind_name(target.kind()), kind_name(source.kind()))));
}

Result<void> merge_at(Value& target, Value source, const MergeStrategy& strategy,
                      const std::string& path) {
  switch (strategy.kind) {
    case Kind::replace:
      target = std::move(source);
      return {};
    case Kind::merge_left:
    case Kind::merge_right:
      return join(target, std::move(source), strategy.kind, path);
    case Kind::by_key:
      if (!target.as_map() || !source.as_map()) {
        return fail(cannot_merge(path, "a strategy by key needs two objects"));
      }
      return merge_maps(*target.as_map(), std::move(*source.as_map()), strategy, path);
    case Kind::none:
      break;
  }
  if (target.as_map() && source.as_map()) {
    return merge_maps(*target.as_map(), std::move(*source.as_map()), strategy, path);
  }
  if (target.as_array() && source.as_array()) {
    return fail(
        cannot_merge(path, "two arrays need the strategy merge_left, merge_right or replace"));
  }
  target = std::move(source);
  return {};
}

}  // namespace

Result<MergeStrategy> parse_merge_strategy(const Value& value) {
  MergeStrategy strategy;
  if (value.is_null()) return strategy;
  if (const auto* map = value.as_map()) {
    strategy.kind = Kind::by_key;
    for (const auto& [key, sub] : *map) {
      auto parsed = parse_merge_strategy(sub);
      if (!parsed) return parsed;
      strategy.by_key.emplace(key.view(), std::move(*parsed));
    }
    return strategy;
  }
  static constexpr std::pair<std::string_view, Kind> kNames[] = {
      {"none", Kind::none},
      {"replace", Kind::replace},
      {"merge_left", Kind::merge_left},
      {"merge_right", Kind::merge_right}};
  for (const auto& [name, kind] : kNames) {
    if (value.as_string() == name) {
      strategy.kind = kind;
      return strategy;
    }
  }
  return fail(codes::kScriptBadArgument, Fatality::fatal,
              fmt::format("extra_merge_strategy: expected \"none\", \"replace\", \"merge_left\", "
                          "\"merge_right\" or a "
                          "table of these by key, found {}",
                          value.as_string() ? fmt::format("\"{}\"", *value.as_string())
                                            : std::string(kind_name(value.kind()))));
}

Result<void> merge_extra(Value& body, Value extra, const MergeStrategy& strategy) {
  return merge_at(body, std::move(extra), strategy, "");
}

}  // namespace gvm::provider
