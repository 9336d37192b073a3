#include "pricing/flags.h"

#include <array>

namespace gvm::pricing {

namespace {

constexpr std::array<std::string_view, 21> kNames = {
    "missing_input",      "missing_output",          "input_from_total",      "output_from_total",
    "input_assumed",      "output_assumed",          "string_count",          "fractional_count",
    "huge_count",         "negative_count",          "oversized_count",       "malformed_count",
    "total_mismatch",     "hidden_output",           "cache_beside_input",    "cached_above_input",
    "split_mismatch",     "malformed_reported_cost", "reported_cost_missing", "unpriced_units",
    "cache_write_assumed"};
static_assert(kNames.size() == static_cast<std::size_t>(Flag::cache_write_assumed) + 1);

}  // namespace

std::string_view flag_name(Flag flag) {
  return kNames[static_cast<std::size_t>(flag)];
}

std::vector<std::string_view> Flags::names() const {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (has(static_cast<Flag>(i))) out.push_back(kNames[i]);
  return out;
}

}  // namespace gvm::pricing
