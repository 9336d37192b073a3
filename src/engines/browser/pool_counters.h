#pragma once
// The pool's counters; written on any lane. Internal to the pool.
#include <atomic>
#include <cstdint>

namespace gvm::browser {

struct PoolCounters {
  std::atomic<std::size_t> leases{0};
  std::atomic<std::size_t> leased{0};
  std::atomic<std::size_t> waiting{0};
  std::atomic<std::size_t> ready{0};
  std::atomic<std::size_t> browsers{0};
  std::atomic<std::size_t> pages{0};
  std::atomic<std::size_t> failed_pages{0};
  std::atomic<std::size_t> crashes{0};
  std::atomic<std::size_t> retirements{0};
  std::atomic<std::size_t> failed_starts{0};
  std::atomic<std::size_t> timeouts{0};
  std::atomic<std::uint64_t> render_ns{0};
};

}  // namespace gvm::browser
