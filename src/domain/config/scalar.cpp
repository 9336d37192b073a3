#include "config/scalar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/size.h"

namespace gvm::config {

namespace {

constexpr double kLongestSpanMs = 366.0 * 24 * 3600 * 1000;

template <class T>
std::optional<T> from_chars_whole(std::string_view text) {
  T value{};
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::string_view without_trailing_spaces(std::string_view text) {
  const auto last = text.find_last_not_of(' ');
  return last == std::string_view::npos ? std::string_view{} : text.substr(0, last + 1);
}

std::optional<std::chrono::milliseconds> span_of(std::string_view number, double unit_ms) {
  const auto count = parse_number(without_trailing_spaces(number));
  if (!count || *count < 0) return std::nullopt;
  return std::chrono::milliseconds(std::llround(std::min(*count * unit_ms, kLongestSpanMs)));
}

}  // namespace

std::optional<bool> parse_bool(std::string_view text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  return from_chars_whole<std::int64_t>(text);
}

std::optional<double> parse_number(std::string_view text) {
  const bool decimal = text.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
  if (!decimal) return std::nullopt;
  const auto number = from_chars_whole<double>(text);
  if (!number || !std::isfinite(*number)) return std::nullopt;
  return number;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text, Quoting quoting) {
  if (text.ends_with("ms")) return span_of(text.substr(0, text.size() - 2), 1);
  if (text.ends_with('m')) return span_of(text.substr(0, text.size() - 1), 60'000);
  if (text.ends_with('s')) return span_of(text.substr(0, text.size() - 1), 1000);
  if (quoting == Quoting::quoted) return std::nullopt;
  return span_of(text, 1000);
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::int64_t>, 3> kUnits = {
      {{"KiB", kKiB}, {"MiB", kMiB}, {"GiB", kGiB}}};
  for (const auto& [unit, factor] : kUnits) {
    if (!text.ends_with(unit)) continue;
    const auto number = text.substr(0, text.size() - unit.size());
    const auto count = parse_integer(without_trailing_spaces(number));
    std::int64_t bytes = 0;
    if (!count || __builtin_mul_overflow(*count, factor, &bytes)) return std::nullopt;
    return bytes;
  }
  return parse_integer(text);
}

std::string format_duration(std::chrono::milliseconds span) {
  const auto ms = span.count();
  if (ms != 0 && ms % 60'000 == 0) return fmt::format("{}m", ms / 60'000);
  if (ms % 1000 == 0) return fmt::format("{}s", ms / 1000);
  return fmt::format("{}ms", ms);
}

std::string format_bytes(std::uint64_t bytes) {
  if (bytes != 0 && bytes % kGiB == 0) return fmt::format("{}GiB", bytes / kGiB);
  if (bytes != 0 && bytes % kMiB == 0) return fmt::format("{}MiB", bytes / kMiB);
  if (bytes != 0 && bytes % kKiB == 0) return fmt::format("{}KiB", bytes / kKiB);
  return fmt::format("{}", bytes);
}

std::string format_number(double number) {
  return fmt::format("{}", number);
}

bool is_decimal(std::string_view text) {
  constexpr std::size_t kMostWhole = 20;
  constexpr std::size_t kMostFraction = 18;
  const auto digits = [](std::string_view part) {
    return !part.empty() && part.find_first_not_of("0123456789") == part.npos;
  };
  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  if (!digits(whole) || whole.size() > kMostWhole) return false;
  if (point == text.npos) return true;
  const auto fraction = text.substr(point + 1);
  return digits(fraction) && fraction.size() <= kMostFraction;
}

}  // namespace gvm::config
