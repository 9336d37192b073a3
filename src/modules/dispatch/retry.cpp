#include "dispatch/retry.h"

#include <algorithm>

#include "net/backoff.h"

namespace gvm::dispatch {

bool is_worth_retrying(const provider::CallFailure& failure, const config::RetryConfig& rule) {
  if (failure.stage == provider::CallStage::status)
    return std::ranges::find(rule.on_statuses, failure.status) != rule.on_statuses.end();
  if (!rule.on_network_errors || failure.timeout) return false;
  using routing::ErrorKind;
  return failure.kind == ErrorKind::dns || failure.kind == ErrorKind::connect ||
         failure.kind == ErrorKind::tls || failure.kind == ErrorKind::reset;
}

std::chrono::milliseconds retry_delay(std::optional<std::chrono::milliseconds> asked,
                                      const config::RetryConfig& rule, unsigned attempt) {
  return asked ? *asked : net::backoff(rule.backoff, rule.max_backoff, attempt);
}

}  // namespace gvm::dispatch
