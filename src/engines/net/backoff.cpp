#include "net/backoff.h"

#include <time.h>

#include <algorithm>
#include <charconv>
#include <random>
#include <string>

namespace gvm::net {
namespace {

using std::chrono::milliseconds;

std::optional<std::uint32_t> parse_digits(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

milliseconds with_jitter(milliseconds wait) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return wait + milliseconds(
                    std::uniform_int_distribution<milliseconds::rep>(0, wait.count() / 4)(random));
}

}  // namespace

std::optional<milliseconds> parse_retry_after(std::string_view value,
                                              std::chrono::system_clock::time_point now) {
  if (auto seconds = parse_digits(value)) return std::chrono::seconds(*seconds);
  std::tm date{};
  const std::string text(value);
  if (::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date) == nullptr) return std::nullopt;
  const auto when = std::chrono::system_clock::from_time_t(::timegm(&date));
  return std::max(milliseconds::zero(), std::chrono::duration_cast<milliseconds>(when - now));
}

std::optional<milliseconds> retry_after(const HttpResponse& response) {
  if (auto value = response.header("retry-after-ms")) {
    if (auto ms = parse_digits(*value)) return milliseconds(*ms);
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
