#pragma once
// How long to wait before a request is repeated. Pure, except for the clock that dates are compared
// with, and the random jitter.
#include <chrono>
#include <optional>
#include <string_view>

#include "net/http_response.h"

namespace gvm::net {

// RFC 9110, 10.2.3: seconds, also with a fraction, or an HTTP date in any of the three forms; a
// date in the past is zero, more than a year is a year. Empty when it is neither.
std::optional<std::chrono::milliseconds> parse_retry_after(
    std::string_view value, std::chrono::system_clock::time_point now);

// The pause that the answer asks for: retry-after-ms, which some providers send, or Retry-After.
std::optional<std::chrono::milliseconds> retry_after(const HttpResponse& response);

// first * 2^(attempt-1) with up to 25 % of jitter, at most `longest`. The first attempt is number
// 1.
std::chrono::milliseconds backoff(std::chrono::milliseconds first,
                                  std::chrono::milliseconds longest, unsigned attempt);

}  // namespace gvm::net
