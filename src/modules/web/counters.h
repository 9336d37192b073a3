#pragma once
// Counts of what the web module does. Written from every lane with relaxed atomics, read by
// /metrics.
#include <atomic>
#include <cstdint>
#include <string>

namespace gvm::web {

struct Counters {
  std::atomic<std::uint64_t> requests{0};  // of contracts
  std::atomic<std::uint64_t> renders{0};   // likewise
  std::atomic<std::uint64_t> failed_requests{0};
  std::atomic<std::uint64_t> failed_renders{0};
  std::atomic<std::uint64_t> refused{0};  // by the URL or address policy
  std::atomic<std::uint64_t> retries{0};  // attempts beyond the first

  // Prometheus text.
  void write_to(std::string& out) const;
};

}  // namespace gvm::web
