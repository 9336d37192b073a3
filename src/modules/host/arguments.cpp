#include "host/arguments.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error_codes.h"

namespace gvm::host {

namespace {

const Value kNull;

// As Lua's tostring: a real keeps its point.
std::string number_text(const Value& value) {
  if (const auto* integer = value.as_integer()) return integer->to_string();
  std::string text = fmt::format("{:.14g}", *value.as_real());
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

}  // namespace

Error bad_argument(std::string_view function, std::string_view argument, std::string_view expected,
                   std::string_view found) {
  Error error(codes::kScriptBadArgument, Fatality::fatal,
              fmt::format("{}: {}: expected {}, found {}", function, argument, expected, found));
  error.with("function", Value::string(std::string(function)));
  error.with("argument", Value::string(std::string(argument)));
  error.with("expected", Value::string(std::string(expected)));
  error.with("found", Value::string(std::string(found)));
  return error;
}

std::string_view lua_kind(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::null:
      return "nil";
    case Value::Kind::boolean:
      return "boolean";
    case Value::Kind::integer:
    case Value::Kind::real:
      return "number";
    case Value::Kind::array:
    case Value::Kind::map:
      return "table";
    case Value::Kind::string:
    case Value::Kind::bytes:
    case Value::Kind::address:
      return "string";
  }
  return "nil";
}

std::optional<std::string_view> bytes_of(const Value& value) {
  if (const auto text = value.as_string()) return text;
  return value.as_bytes();
}

std::optional<double> number_of(const Value& value) {
  if (const auto* real = value.as_real()) return *real;
  if (const auto* integer = value.as_integer()) return integer->to_double();
  return std::nullopt;
}

const Value& Arguments::at(std::size_t index) const {
  return index < args_.size() ? args_[index] : kNull;
}

Value& Arguments::any(std::size_t index) {
  if (index >= args_.size()) args_.resize(index + 1);
  return args_[index];
}

Error Arguments::wrong(std::size_t index, std::string_view name, std::string_view expected) const {
  const Value& value = at(index);
  const bool shown = number_of(value).has_value();
  return bad_argument(function_, fmt::format("argument {} ({})", index + 1, name), expected,
                      shown ? number_text(value) : std::string(lua_kind(value)));
}

Result<std::string_view> Arguments::bytes(std::size_t index, std::string_view name) {
  if (const auto view = bytes_of(at(index))) return *view;
  if (!number_of(at(index))) return fail(wrong(index, name, "string"));
  args_[index] = Value::string(number_text(args_[index]));
  return *args_[index].as_string();
}

Result<double> Arguments::number(std::size_t index, std::string_view name, double lowest,
                                 double highest) {
  const auto value = number_of(at(index));
  // Also false for NaN.
  if (value && *value >= lowest && *value <= highest) return *value;
  return fail(wrong(index, name, fmt::format("number from {} to {}", lowest, highest)));
}

Result<std::int64_t> Arguments::integer(std::size_t index, std::string_view name,
                                        std::int64_t lowest, std::int64_t highest) {
  std::optional<std::int64_t> value;
  if (const auto* integer = at(index).as_integer()) value = integer->to_i64();
  if (const auto* real = at(index).as_real()) {
    if (const auto integral = Integer::from_integral(*real)) value = integral->to_i64();
  }
  if (value && *value >= lowest && *value <= highest) return *value;
  return fail(wrong(index, name, fmt::format("integer from {} to {}", lowest, highest)));
}

}  // namespace gvm::host
