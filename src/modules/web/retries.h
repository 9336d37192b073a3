#pragma once
// Which failed requests are repeated, and when. Pure but for the jitter.
#include <chrono>
#include <optional>
#include <vector>

#include "base/deadline.h"
#include "net/http_request.h"
#include "net/http_response.h"

namespace gvm::web {

struct RetrySettings {
  unsigned attempts = 3;  // the first included; 1: none is repeated
  std::chrono::milliseconds backoff{200};
  std::chrono::milliseconds longest_backoff{5'000};
  std::vector<int> statuses{502, 503, 504};  // of safe methods; the last answer is handed on
};

// How long to wait before `attempt` + 1 is made; empty: this is the outcome. Repeated are
//   - failures before any of the request was sent, whatever the method;
//   - failures before an answer began, when the method may be repeated (RFC 9110, 9.2.2);
//   - the settings' statuses, when the method is safe (GET, HEAD, OPTIONS);
// and only when the wait (Retry-After, or backoff) leaves time for another attempt.
std::optional<std::chrono::milliseconds> retry_after(const net::HttpRequest& request,
                                                     const net::HttpResult& outcome,
                                                     const RetrySettings& settings,
                                                     unsigned attempt, Deadline deadline);

}  // namespace gvm::web
