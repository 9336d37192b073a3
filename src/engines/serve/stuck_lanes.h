#pragma once
// What the watchdog has found, for the metrics. Thread safe.
#include <atomic>
#include <cstdint>

namespace gvm::serve {

struct StuckLanes {
  std::atomic<std::uint64_t> times{0};
  std::atomic<std::uint64_t> now{0};
};

}  // namespace gvm::serve
