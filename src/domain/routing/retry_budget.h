#pragma once
// Limits the retries of the whole module to a share of all prompts, so that retries do not make an
// outage worse. A fallback to a candidate that works is free.
#include "routing/share_bucket.h"

namespace gvm::routing {

class RetryBudget {
 public:
  static SharePolicy defaults() { return {.share = 0.1, .floor_per_second = 0.5, .burst = 20}; }

  explicit RetryBudget(SharePolicy policy = defaults()) : bucket_(policy) {}

  void count_prompt() { bucket_.count_traffic(); }
  bool may_retry(Time now) const { return bucket_.may_take(now); }
  bool take(Time now) { return bucket_.take(now); }
  void give_back() { bucket_.give_back(); }
  std::uint64_t refused() const { return bucket_.refused(); }

 private:
  ShareBucket bucket_;
};

}  // namespace gvm::routing
