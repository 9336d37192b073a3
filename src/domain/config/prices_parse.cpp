// Prices and days, from their text.
#include <algorithm>
#include <charconv>

#include "config/prices_checks.h"

namespace gvm::config {

namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// `digits` are at most 18.
std::uint64_t number(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char c : digits) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  return value;
}

std::string_view without_leading_zeros(std::string_view digits) {
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

}  // namespace

std::expected<PriceUsd, std::string_view> parse_price(std::string_view text,
                                                      std::uint64_t ceiling_usd) {
  constexpr std::string_view kAboveCeiling = "above the ceiling";
  constexpr std::size_t kMostDigits = 6;  // more than any ceiling has
  const bool signed_text = text.starts_with('-') || text.starts_with('+');
  const auto point = text.find('.');
  const auto fraction = point == std::string_view::npos ? "0" : text.substr(point + 1);
  auto whole = text.substr(0, point);
  if (signed_text) whole.remove_prefix(1);
  if (!all_digits(whole) || !all_digits(fraction)) return std::unexpected("no plain decimal");
  if (text.front() == '-') return std::unexpected("negative");
  if (signed_text) return std::unexpected("no plain decimal");
  if (fraction.size() > static_cast<std::size_t>(PriceUsd::kDecimals))
    return std::unexpected("more than 12 decimals");
  whole = without_leading_zeros(whole);
  if (whole.size() > kMostDigits) return std::unexpected(kAboveCeiling);
  std::uint64_t pico = number(fraction);
  for (auto places = fraction.size(); places < PriceUsd::kDecimals; ++places) pico *= 10;
  pico += number(whole) * PriceUsd::kPicoPerUsd;
  if (pico > ceiling_usd * PriceUsd::kPicoPerUsd) return std::unexpected(kAboveCeiling);
  return PriceUsd{pico};
}

std::optional<std::chrono::sys_days> parse_day(std::string_view text) {
  using namespace std::chrono;
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto y = text.substr(0, 4);
  const auto m = text.substr(5, 2);
  const auto d = text.substr(8, 2);
  if (!all_digits(y) || !all_digits(m) || !all_digits(d)) return std::nullopt;
  const year_month_day day{year(static_cast<int>(number(y))),
                           month(static_cast<unsigned>(number(m))),
                           std::chrono::day(static_cast<unsigned>(number(d)))};
  if (!day.ok()) return std::nullopt;
  return sys_days(day);
}

}  // namespace gvm::config
