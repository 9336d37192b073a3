#include "support/mock_upstream/fields.h"

#include <algorithm>

#include "base/error_codes.h"

namespace gvm::mock {
namespace {

std::optional<double> real_of(const Value& value) {
  if (const auto* real = value.as_real()) return *real;
  if (const auto* integer = value.as_integer()) return integer->to_double();
  return std::nullopt;
}

}  // namespace

Fields::Fields(const Value& object, std::string where) : object_(object), where_(std::move(where)) {
  if (!object.as_map()) problem_ = where_ + ": an object is expected";
}

const Value* Fields::take(std::string_view name) {
  known_.emplace_back(name);
  return object_.find(name);
}

void Fields::read(std::string_view name, std::string& out) {
  if (const auto text = word(name)) out = *text;
}

void Fields::read(std::string_view name, bool& out) {
  const Value* value = take(name);
  if (value == nullptr) return;
  if (!value->as_bool()) return complain(name, "true or false");
  out = *value->as_bool();
}

void Fields::read(std::string_view name, double& out) {
  const Value* value = take(name);
  if (value == nullptr) return;
  const auto real = real_of(*value);
  if (!real || *real < 0) return complain(name, "a number of at least 0");
  out = *real;
}

void Fields::read_ms(std::string_view name, std::chrono::microseconds& out) {
  constexpr double kMicrosecondsPerMs = 1000;
  double ms = static_cast<double>(out.count()) / kMicrosecondsPerMs;
  read(name, ms);
  out = std::chrono::microseconds(static_cast<std::int64_t>(ms * kMicrosecondsPerMs));
}

void Fields::complain(std::string_view name, std::string_view expected) {
  if (problem_.empty()) problem_ = path(name) + ": " + std::string(expected) + " is expected";
}

void Fields::adopt(const Error& error) {
  if (problem_.empty()) problem_ = error.to_string();
}

Result<void> Fields::done() {
  if (const auto* map = object_.as_map(); map && problem_.empty()) {
    for (const auto& [name, value] : *map) {
      if (std::ranges::find(known_, name.view()) == known_.end()) {
        problem_ = path(name.view()) + ": there is no such member";
        break;
      }
    }
  }
  if (!problem_.empty()) return bad_script(problem_);
  return {};
}

std::optional<std::string_view> Fields::word(std::string_view name) {
  const Value* value = take(name);
  if (value == nullptr) return std::nullopt;
  if (!value->as_string()) complain(name, "a string");
  return value->as_string();
}

std::optional<std::uint64_t> Fields::whole(std::string_view name) {
  const Value* value = take(name);
  if (value == nullptr) return std::nullopt;
  const auto* integer = value->as_integer();
  const auto number = integer != nullptr ? integer->to_u64() : std::nullopt;
  if (!number) complain(name, "a whole number of at least 0");
  return number;
}

std::unexpected<Error> bad_script(std::string problem) {
  return fail(Error(codes::kInvalidConfig, Fatality::fatal, std::move(problem)));
}

}  // namespace gvm::mock
