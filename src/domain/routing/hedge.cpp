#include "routing/hedge.h"

#include <algorithm>

namespace gvm::routing {

std::optional<Duration> HedgePolicy::when(const LatencyHistogram& latencies) const {
  if (options_.mode == HedgeMode::off) return std::nullopt;
  if (options_.mode == HedgeMode::fixed) return options_.delay;
  if (latencies.samples() < std::max(1U, options_.min_samples)) return std::nullopt;
  const auto usual = latencies.quantile(options_.percentile);
  if (!usual) return std::nullopt;
  const auto span = std::chrono::duration_cast<Duration>(*usual * options_.margin);
  return std::max<Duration>(span, options_.least_delay);
}

}  // namespace gvm::routing
