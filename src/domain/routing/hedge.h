#pragma once
// Decides when a slow call gets a second one beside it. Shared by all lanes, no locks.
#include <optional>

#include "routing/histogram.h"
#include "routing/share_bucket.h"

namespace gvm::routing {

enum class HedgeMode : std::uint8_t { off, fixed, percentile };

struct HedgeOptions {
  HedgeMode mode = HedgeMode::off;
  milliseconds delay{1'000};       // `fixed`: this long after the first call
  double percentile = 0.90;        // `percentile`: this quantile of the candidate's latencies,
  double margin = 1.25;            // times this factor, so that only outliers get a second call
  milliseconds least_delay{10};    // `percentile`: never earlier
  std::uint32_t min_samples = 20;  // `percentile`: no hedges before so many calls
  double max_share = 0.06;         // second calls per first call
  double burst = 20;               // second calls that can be saved up for later
};

class HedgePolicy {
 public:
  explicit HedgePolicy(HedgeOptions options)
      : options_(options), bucket_({.share = options.max_share, .burst = options.burst}) {}

  void count_call() { bucket_.count_traffic(); }  // a first call began
  // The delay after the start of the first call; empty: no second call.
  std::optional<Duration> when(const LatencyHistogram& latencies) const;
  // Called when the delay has passed. True takes a share: the second call must then be made, or the
  // share be given back.
  bool may_hedge(Time now) { return bucket_.take(now); }
  void give_back() { bucket_.give_back(); }
  std::uint64_t refused() const { return bucket_.refused(); }

 private:
  HedgeOptions options_;
  ShareBucket bucket_;
};

}  // namespace gvm::routing
