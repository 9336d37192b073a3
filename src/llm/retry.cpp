#include "llm/retry.h"

#include <time.h>

#include <algorithm>
#include <charconv>
#include <random>
#include <string>

#include "text/json_view.h"

namespace gvm::llm {
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

std::optional<milliseconds> asked_for(const net::HttpResponse& response) {
  if (auto value = response.header("retry-after-ms")) {
    if (auto ms = parse_digits(*value)) return milliseconds(*ms);
  }
  if (auto value = response.header("retry-after")) {
    return parse_retry_after(*value, std::chrono::system_clock::now());
  }
  return std::nullopt;
}

}  // namespace

bool is_worth_retrying(const Result<net::HttpResponse>& response, const config::RetryConfig& rule) {
  if (response)
    return std::ranges::find(rule.on_statuses, response->status) != rule.on_statuses.end();
  if (!rule.on_network_errors) return false;
  const auto kind = text::string_at(response.error().ctx(), "/kind");
  return kind == "dns" || kind == "connect" || kind == "tls" || kind == "reset";
}

milliseconds retry_delay(const Result<net::HttpResponse>& response, const config::RetryConfig& rule,
                         unsigned attempt) {
  if (response) {
    if (auto asked = asked_for(*response)) return *asked;
  }
  milliseconds wait = rule.backoff;
  for (unsigned i = 1; i < attempt && wait < rule.max_backoff; ++i) wait *= 2;
  return std::min(rule.max_backoff, with_jitter(wait));
}

std::optional<milliseconds> parse_retry_after(std::string_view value,
                                              std::chrono::system_clock::time_point now) {
  if (auto seconds = parse_digits(value)) return std::chrono::seconds(*seconds);
  std::tm date{};
  const std::string text(value);
  if (::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date) == nullptr) return std::nullopt;
  const auto when = std::chrono::system_clock::from_time_t(::timegm(&date));
  return std::max(milliseconds::zero(), std::chrono::duration_cast<milliseconds>(when - now));
}

}  // namespace gvm::llm
