#pragma once
// What one prompt may use for all of its calls together: first calls, retries, fallbacks and hedges
// share the same number of attempts, the same time and the same money. Owned by the prompt; no
// atomics.
#include <algorithm>
#include <optional>
#include <string_view>

#include "routing/candidate.h"
#include "routing/random.h"

namespace gvm::routing {

struct BackoffPolicy {
  milliseconds first{250};  // the pause before the first retry is up to this; doubles from then on
  milliseconds longest{5'000};
};

// Full jitter: a random pause between zero and first * 2^(retry-1), at most `longest`. The first
// retry is number 1. (Marc Brooker, "Exponential Backoff And Jitter", 2015.)
inline Duration backoff(const BackoffPolicy& policy, unsigned retry, Random& random) {
  const auto doublings = std::min(retry > 0 ? retry - 1 : 0, 20U);
  const auto most = std::min(to_micros(policy.first) << doublings, to_micros(policy.longest));
  return microseconds(static_cast<std::int64_t>(random.unit() * static_cast<double>(most)));
}

struct AttemptLimits {
  unsigned attempts = 4;  // calls in all
  Time deadline = Time::max();
  std::optional<NanoUsd> cost = std::nullopt;  // sum of the worst cases of running calls and the
                                               // cost of finished ones; empty: no limit
  milliseconds least_call{50};  // a call is not started when less time than this is left
};

enum class Exhausted : std::uint8_t { attempts, deadline, cost };

class AttemptBudget {
 public:
  explicit AttemptBudget(AttemptLimits limits) : limits_(limits) {}

  // Why a call at `start` with this worst case must not be made; empty when it may be made. An
  // unknown cost (kUnknownCost) is allowed only without a limit on cost.
  std::optional<Exhausted> refuses(Time start, NanoUsd worst_case) const;
  void started(NanoUsd worst_case);
  void settled(NanoUsd worst_case, NanoUsd cost);     // once per started()
  void taken_back(NanoUsd worst_case, NanoUsd cost);  // the call does not count as an attempt

  unsigned attempts() const { return attempts_; }
  NanoUsd committed() const { return committed_; }
  const AttemptLimits& limits() const { return limits_; }

 private:
  AttemptLimits limits_;
  unsigned attempts_ = 0;
  NanoUsd committed_ = 0;
};

}  // namespace gvm::routing
