#include "guard/rule.h"

#include <algorithm>
#include <array>
#include <utility>

namespace gvm::guard {
namespace {

template <class E>
using Names = std::pair<std::string_view, E>;

constexpr Names<Stage> kStageNames[] = {
    {"input", Stage::input}, {"output", Stage::output}, {"page", Stage::page}};

constexpr Names<Action> kActions[] = {{"allow", Action::allow},
                                      {"warn", Action::warn},
                                      {"mask", Action::mask},
                                      {"block", Action::block}};

constexpr Names<RuleKind> kKinds[] = {{"literals", RuleKind::literals},
                                      {"patterns", RuleKind::patterns},
                                      {"length", RuleKind::length},
                                      {"language", RuleKind::language},
                                      {"script", RuleKind::script},
                                      {"choice", RuleKind::choice},
                                      {"json", RuleKind::json},
                                      {"links", RuleKind::links},
                                      {"secrets", RuleKind::secrets},
                                      {"personal", RuleKind::personal},
                                      {"injection", RuleKind::injection},
                                      {"canary", RuleKind::canary},
                                      {"repetition", RuleKind::repetition},
                                      {"refusal", RuleKind::refusal}};

constexpr Names<LengthUnit> kUnits[] = {{"bytes", LengthUnit::bytes},
                                        {"characters", LengthUnit::characters},
                                        {"tokens", LengthUnit::tokens}};

template <class E, std::size_t N>
std::optional<E> named(const Names<E> (&table)[N], std::string_view name) {
  const auto* const at = std::ranges::find(table, name, &Names<E>::first);
  return at == std::end(table) ? std::nullopt : std::optional(at->second);
}

template <class E, std::size_t N>
std::string_view name_in(const Names<E> (&table)[N], E value) {
  const auto* const at = std::ranges::find(table, value, &Names<E>::second);
  return at == std::end(table) ? std::string_view() : at->first;
}

}  // namespace

std::string_view name_of(Stage stage) {
  return name_in(kStageNames, stage);
}
std::string_view name_of(Action action) {
  return name_in(kActions, action);
}
std::string_view name_of(RuleKind kind) {
  return name_in(kKinds, kind);
}
std::optional<Stage> stage_named(std::string_view name) {
  return named(kStageNames, name);
}
std::optional<Action> action_named(std::string_view name) {
  return named(kActions, name);
}
std::optional<RuleKind> rule_kind_named(std::string_view name) {
  return named(kKinds, name);
}
std::optional<LengthUnit> length_unit_named(std::string_view name) {
  return named(kUnits, name);
}

bool has_places(RuleKind kind) {
  switch (kind) {
    case RuleKind::literals:
    case RuleKind::patterns:
    case RuleKind::links:
    case RuleKind::secrets:
    case RuleKind::personal:
    case RuleKind::injection:
    case RuleKind::canary:
      return true;
    default:
      return false;
  }
}

bool Rule::looks_at(Stage stage) const {
  if (!stages.empty()) return std::ranges::find(stages, stage) != stages.end();
  if (kind == RuleKind::canary) return stage != Stage::input;
  return kind != RuleKind::refusal || stage == Stage::output;
}

}  // namespace gvm::guard
