#pragma once
// When to ask a backend again, and after how long. Pure but for the clock that dates are compared
// with.
#include <chrono>

#include "config/llm_config.h"
#include "net/http_client.h"

namespace gvm::llm {

// A status the rule names, or a failure before any answer began (name, connection, TLS handshake
// excepted).
bool is_worth_retrying(const Result<net::HttpResponse>& response, const config::RetryConfig& rule);

// What the upstream asks for (retry-after-ms, Retry-After as seconds or HTTP date), else backoff *
// 2^(attempt-1) with up to 25 % of jitter, at most max_backoff.
std::chrono::milliseconds retry_delay(const Result<net::HttpResponse>& response,
                                      const config::RetryConfig& rule, unsigned attempt);

}  // namespace gvm::llm
