#include "pricing/usage_fields.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace gvm::pricing {

namespace {

Count refused(Flag why, Flags& flags) {
  flags.set(why);
  return {.malformed = true};
}

Count counted(std::uint64_t value, Flags& flags) {
  if (value > kMaxCount) return refused(Flag::oversized_count, flags);
  if (value > kHugeCount) flags.set(Flag::huge_count);
  return {.value = value, .usable = true};
}

Count from_real(double real, Flags& flags) {
  if (real < 0) return refused(Flag::negative_count, flags);
  if (!(real <= static_cast<double>(kMaxCount))) return refused(Flag::oversized_count, flags);
  const double whole = std::ceil(real);
  if (whole != real) flags.set(Flag::fractional_count);
  return counted(static_cast<std::uint64_t>(whole), flags);
}

Count from_text(std::string_view text, Flags& flags) {
  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || stop != end) return refused(Flag::malformed_count, flags);
  if (error != std::errc()) return refused(Flag::oversized_count, flags);
  flags.set(Flag::string_count);
  return counted(value, flags);
}

}  // namespace

const Value* field(const Value* object, std::string_view key) {
  if (object == nullptr) return nullptr;
  const auto* value = object->find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

Count read_count(const Value* value, Flags& flags) {
  if (value == nullptr || value->is_null()) return {};
  if (const auto* integer = value->as_integer()) {
    if (integer->is_negative()) return refused(Flag::negative_count, flags);
    const auto small = integer->to_u64();
    return small ? counted(*small, flags) : refused(Flag::oversized_count, flags);
  }
  if (const auto* real = value->as_real()) return from_real(*real, flags);
  if (const auto text = value->as_string()) return from_text(*text, flags);
  return refused(Flag::malformed_count, flags);
}

Count first_count(const Value* object, std::initializer_list<std::string_view> keys, Flags& flags) {
  for (const auto key : keys)
    if (const auto* value = field(object, key)) return read_count(value, flags);
  return {};
}

bool is_positive(const Value* value) {
  Flags unused;
  return read_count(value, unused).value > 0;
}

std::optional<Usd> read_usd(const Value* value, Flags& flags) {
  if (value == nullptr) return std::nullopt;
  std::optional<Usd> out;
  if (const auto* real = value->as_real()) out = Usd::from_double(*real);
  if (const auto* integer = value->as_integer()) out = Usd::parse(integer->to_string());
  if (const auto text = value->as_string()) out = Usd::parse(*text);
  if (!out) flags.set(Flag::malformed_reported_cost);
  return out;
}

namespace {

struct Filling {
  Flag missing;
  Flag from_total;
  Flag assumed;
};

bool fill_side(Count& side, const Count& other, const Count& total,
               std::optional<std::uint64_t> bound, const Filling& names, Flags& flags) {
  if (side.usable) return true;
  flags.set(names.missing);
  if (total.usable && other.usable && total.value >= other.value) {
    flags.set(names.from_total);
    side = {.value = total.value - other.value, .usable = true};
  } else if (bound) {
    flags.set(names.assumed);
    side = {.value = std::min(*bound, kMaxCount), .usable = true};
  }
  return side.usable;
}

}  // namespace

bool fill_missing(Sides& sides, const CallBounds& bounds, Flags& flags) {
  constexpr Filling kInput{Flag::missing_input, Flag::input_from_total, Flag::input_assumed};
  constexpr Filling kOutput{Flag::missing_output, Flag::output_from_total, Flag::output_assumed};
  const bool none = !sides.input.usable && !sides.output.usable;
  if (none) {
    flags.set(Flag::missing_input);
    flags.set(Flag::missing_output);
    return false;
  }
  const Count output = sides.output;
  const bool input =
      fill_side(sides.input, output, sides.total, bounds.prompt_tokens, kInput, flags);
  return fill_side(sides.output, sides.input, sides.total, bounds.output_tokens, kOutput, flags) &&
         input;
}

}  // namespace gvm::pricing
