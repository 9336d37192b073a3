#pragma once
// What one prompt may use for all of its calls together: first calls, retries, fallbacks and hedges
// draw on the same attempts, the same time and the same money. Owned by the prompt; no atomics.
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

// Full jitter: anywhere between nothing and first * 2^(retry-1), at most longest. The first retry
// is 1. Exponential Backoff And Jitter, Brooker, 2015.
inline Duration backoff(const BackoffPolicy& policy, unsigned retry, Random& random) {
  const auto doublings = std::min(retry > 0 ? retry - 1 : 0, 20U);
  const auto most = std::min(to_micros(policy.first) << doublings, to_micros(policy.longest));
  return microseconds(static_cast<std::int64_t>(random.unit() * static_cast<double>(most)));
}

struct AttemptLimits {
  unsigned attempts = 4;  // calls in all
  Time deadline = Time::max();
  std::optional<NanoUsd> cost =
      std::nullopt;             // worst cases of what runs plus what is settled; empty: no limit
  milliseconds least_call{50};  // a call with less time left than this is not begun
};

enum class Exhausted : std::uint8_t { attempts, deadline, cost };

class AttemptBudget {
 public:
  explicit AttemptBudget(AttemptLimits limits) : limits_(limits) {}

  // Why a call at `start` with this worst case must not be made; empty: it may. An unknown cost
  // (kUnknownCost) fits only a budget without limit.
  std::optional<Exhausted> refuses(Time start, NanoUsd worst_case) const;
  void started(NanoUsd worst_case);
  void settled(NanoUsd worst_case, NanoUsd cost);     // once per started()
  void taken_back(NanoUsd worst_case, NanoUsd cost);  // it does not count as an attempt

  unsigned attempts() const { return attempts_; }
  NanoUsd committed() const { return committed_; }
  const AttemptLimits& limits() const { return limits_; }

 private:
  AttemptLimits limits_;
  unsigned attempts_ = 0;
  NanoUsd committed_ = 0;
};

}  // namespace gvm::routing
