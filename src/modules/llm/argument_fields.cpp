#include "llm/argument_fields.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "base/error_codes.h"

namespace gvm::llm {

std::unexpected<Error> wrong_argument(std::string_view field, std::string_view expected,
                                      const Value& found) {
  return fail(
      codes::kScriptBadArgument, Fatality::fatal,
      fmt::format("llm.rs: {}: expected {}, found {}", field, expected, kind_name(found.kind())));
}

Value* ArgumentFields::find(std::string_view key) {
  Value* value = map_.find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

Result<std::optional<Blob>> ArgumentFields::text(std::string_view key) {
  Value* value = find(key);
  if (value == nullptr) return std::optional<Blob>();
  if (!value->as_string()) return wrong_argument(path(key), "a string of valid UTF-8", *value);
  return std::optional<Blob>(std::move(*value->as_blob()));
}

Result<std::string> ArgumentFields::required_text(std::string_view key) {
  std::optional<Blob> found;
  GVM_TAKE(found, text(key));
  if (!found) return wrong_argument(path(key), "a string", Value::null());
  return std::string(found->view());
}

Result<std::optional<double>> ArgumentFields::number(std::string_view key) {
  Value* value = find(key);
  if (value == nullptr) return std::optional<double>();
  if (const auto* real = value->as_real(); real && std::isfinite(*real))
    return std::optional(*real);
  if (const auto* integer = value->as_integer()) return std::optional(integer->to_double());
  return wrong_argument(path(key), "a finite number", *value);
}

Result<std::optional<std::uint64_t>> ArgumentFields::whole(std::string_view key,
                                                           std::uint64_t max) {
  Value* value = find(key);
  if (value == nullptr) return std::optional<std::uint64_t>();
  std::optional<std::uint64_t> number;
  if (const auto* integer = value->as_integer()) number = integer->to_u64();
  if (const auto* real = value->as_real()) {
    if (auto integral = Integer::from_integral(*real)) number = integral->to_u64();
  }
  if (number && *number <= max) return number;
  return wrong_argument(path(key), fmt::format("a whole number from 0 to {}", max), *value);
}

Result<bool> ArgumentFields::flag(std::string_view key) {
  Value* value = find(key);
  if (value == nullptr) return false;
  if (const auto* boolean = value->as_bool()) return *boolean;
  return wrong_argument(path(key), "a boolean", *value);
}

}  // namespace gvm::llm
