#include "net/backoff.h"

#include <time.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <random>
#include <string>

#include "base/ascii.h"

namespace gvm::net {
namespace {

using std::chrono::milliseconds;

// Over a year it is all the same.
constexpr double kLongest = 365.0 * 24 * 3600 * 1000;

// A decimal number without a sign, however long, in milliseconds of `unit` each.
std::optional<milliseconds> parse_number(std::string_view text, double unit) {
  const auto is_of_a_number = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  if (text.empty() || text.front() == '.' || !std::ranges::all_of(text, is_of_a_number))
    return std::nullopt;
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) number = kLongest;
  return milliseconds(std::llround(std::min(number * unit, kLongest)));
}

// RFC 9110, 5.6.7: the form that is sent today, and the two that recipients must read as well.
std::optional<std::chrono::system_clock::time_point> parse_date(const std::string& text) {
  for (const char* form :
       {"%a, %d %b %Y %H:%M:%S GMT", "%a, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"}) {
    std::tm date{};
    const char* end = ::strptime(text.c_str(), form, &date);
    if (end != nullptr && *end == '\0')
      return std::chrono::system_clock::from_time_t(::timegm(&date));
  }
  return std::nullopt;
}

milliseconds with_jitter(milliseconds wait) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return wait + milliseconds(
                    std::uniform_int_distribution<milliseconds::rep>(0, wait.count() / 4)(random));
}

}  // namespace

std::optional<milliseconds> parse_retry_after(std::string_view value,
                                              std::chrono::system_clock::time_point now) {
  value = trim(value);
  constexpr double kSecond = 1000;
  if (const auto wait = parse_number(value, kSecond)) return wait;
  const auto when = parse_date(std::string(value));
  if (!when) return std::nullopt;
  return std::max(milliseconds::zero(), std::chrono::duration_cast<milliseconds>(*when - now));
}

std::optional<milliseconds> retry_after(const HttpResponse& response) {
  if (auto value = response.header("retry-after-ms")) {
    if (const auto wait = parse_number(*value, 1)) return wait;
  }
  if (auto value = response.header("retry-after")) {
    return parse_retry_after(*value, std::chrono::system_clock::now());
  }
  return std::nullopt;
}

milliseconds backoff(milliseconds first, milliseconds longest, unsigned attempt) {
  milliseconds wait = first;
  for (unsigned i = 1; i < attempt && wait < longest; ++i) wait *= 2;
  return std::min(longest, with_jitter(wait));
}

}  // namespace gvm::net
