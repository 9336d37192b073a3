#include "base/error.h"

#include <stdexcept>

#include "base/error_detail.h"

namespace gvm {
namespace {

constexpr std::string_view kDetail = "detail";

}  // namespace

std::string_view detail_of(const Error& error) {
  const Value* detail = error.ctx().find(kDetail);
  return detail == nullptr ? std::string_view() : detail->as_string().value_or("");
}

Error::Error(std::string_view code, Fatality fatality)
    : causes_{std::string(code)}, fatality_(fatality) {}

Error::Error(std::string_view code, Fatality fatality, std::string detail)
    : causes_{std::string(code)}, fatality_(fatality) {
  with(kDetail, Value::string(std::move(detail)));
}

Error::Error(std::vector<std::string> causes, Fatality fatality, Value ctx)
    : causes_(std::move(causes)), fatality_(fatality), ctx_(std::move(ctx)) {
  if (causes_.empty()) throw std::invalid_argument("an error without a cause");
  if (ctx_.as_map() == nullptr) throw std::invalid_argument("the ctx of an error is a map");
}

Error& Error::add_cause(std::string cause) & {
  const auto before = detail_of(*this);
  return with(kDetail, Value::string(before.empty() ? std::move(cause)
                                                    : std::string(before) + ": " + cause));
}

Error&& Error::add_cause(std::string cause) && {
  return std::move(add_cause(std::move(cause)));
}

Error& Error::with(std::string_view key, Value value) & {
  ctx_.as_map()->set(key, std::move(value));
  return *this;
}

Error&& Error::with(std::string_view key, Value value) && {
  return std::move(with(key, std::move(value)));
}

Error& Error::set_fatality(Fatality fatality) & {
  fatality_ = fatality;
  return *this;
}

std::string Error::to_string() const {
  std::string text;
  for (const auto& cause : causes_) {
    if (!text.empty()) text += ": ";
    text += cause;
  }
  if (const auto last = detail_of(*this); !last.empty()) text.append(": ").append(last);
  return text;
}

Value Error::to_value() const {
  Value::Array causes;
  causes.reserve(causes_.size());
  for (const auto& cause : causes_) causes.push_back(Value::string(cause));
  Value::Map error;
  error.set("causes", Value::array(std::move(causes)));
  error.set("fatal", Value::boolean(fatal()));
  error.set("ctx", ctx_);
  return Value::map(std::move(error));
}

namespace {

Value::Map rewritten_map(Value::Map map,
                         const std::function<std::string(std::string_view)>& rewrite) {
  std::vector<Value::Map::Entry> entries;
  entries.reserve(map.size());
  for (auto& [key, value] : map) {
    rewrite_value_strings(value, rewrite);
    entries.emplace_back(Blob(rewrite(key.view())), std::move(value));
  }
  return Value::Map::from_entries(std::move(entries));
}

}  // namespace

void rewrite_value_strings(Value& value,
                           const std::function<std::string(std::string_view)>& rewrite) {
  if (const auto text = value.as_string()) {
    value = Value::string(rewrite(*text));
  } else if (const auto raw = value.as_bytes()) {
    value = Value::bytes(rewrite(*raw));
  } else if (auto* items = value.as_array()) {
    for (auto& item : *items) rewrite_value_strings(item, rewrite);
  } else if (auto* map = value.as_map()) {
    value = Value::map(rewritten_map(std::move(*map), rewrite));
  }
}

}  // namespace gvm
