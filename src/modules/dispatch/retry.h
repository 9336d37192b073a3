#pragma once
// When to ask the same model again, and after how long. Pure but for the jitter.
#include <chrono>
#include <optional>

#include "config/llm_config.h"
#include "provider/call_failure.h"

namespace gvm::dispatch {

// A status the rule names, or a failure before any answer began.
bool is_worth_retrying(const provider::CallFailure& failure, const config::RetryConfig& rule);

// What the upstream asked for, else backoff * 2^(attempt-1) with up to 25 % of jitter, at most
// max_backoff.
std::chrono::milliseconds retry_delay(std::optional<std::chrono::milliseconds> asked,
                                      const config::RetryConfig& rule, unsigned attempt);

}  // namespace gvm::dispatch
