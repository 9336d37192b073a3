#pragma once
// Counts of what the web module does. Written from every lane with relaxed atomics, read by
// /metrics.
#include <atomic>
#include <cstdint>

#include "base/metrics.h"

namespace gvm::web {

struct Counters {
  std::atomic<std::uint64_t> requests{0};  // of contracts
  std::atomic<std::uint64_t> renders{0};   // likewise
  std::atomic<std::uint64_t> failed_requests{0};
  std::atomic<std::uint64_t> failed_renders{0};
  std::atomic<std::uint64_t> refused{0};  // by the URL or address policy
  std::atomic<std::uint64_t> retries{0};  // attempts beyond the first

  void write_to(metrics::Exposition& out) const;
};

}  // namespace gvm::web
