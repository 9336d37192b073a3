#include "dispatch/retry.h"

#include <algorithm>

#include "base/error_codes.h"
#include "net/backoff.h"
#include "text/json_view.h"

namespace gvm::dispatch {

bool is_worth_retrying(const Error& error, const config::RetryConfig& rule) {
  if (error.code() == codes::kStatusNotOk) {
    const auto status = static_cast<int>(text::integer_at(error.ctx(), "/status").value_or(0));
    return std::ranges::find(rule.on_statuses, status) != rule.on_statuses.end();
  }
  if (!rule.on_network_errors) return false;
  const auto kind = text::string_at(error.ctx(), "/kind");
  return error.code() == codes::kSendingRequest &&
         (kind == "dns" || kind == "connect" || kind == "tls" || kind == "reset");
}

std::chrono::milliseconds retry_delay(std::optional<std::chrono::milliseconds> asked,
                                      const config::RetryConfig& rule, unsigned attempt) {
  return asked ? *asked : net::backoff(rule.backoff, rule.max_backoff, attempt);
}

}  // namespace gvm::dispatch
