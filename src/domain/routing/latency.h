#pragma once
// The speed of a candidate: the peak EWMA of its latency and the calls in flight. One atomic word
// each, any thread, no locks.
#include <atomic>
#include <cstdint>

#include "routing/instant.h"

namespace gvm::routing {

struct LatencyPolicy {
  // A sample above the estimate replaces it. A lower one reduces it by the factor 1 -
  // exp(-t/decay), where t is the time since the last sample.
  milliseconds decay{10'000};
  // Without samples the estimate halves in this time, so that a slow candidate is tried again.
  milliseconds idle_half_life{300'000};
};

class PeakEwma {
 public:
  void observe(Time now, Duration sample, const LatencyPolicy& policy);
  // The call took longer than this, but its end is unknown: the estimate can only rise.
  void observe_at_least(Time now, Duration sample);
  // Microseconds; 0: nothing is known.
  std::uint32_t estimate(Time now, const LatencyPolicy& policy) const;
  // Before it is shared.
  void inherit(const PeakEwma& old) { inherit(old.word()); }
  // The same between processes of one machine, whose clock is the same.
  std::uint64_t word() const { return word_.load(std::memory_order_relaxed); }
  void inherit(std::uint64_t word) { word_.store(word); }

 private:
  // High half: microseconds. Low half: milliseconds of the clock, of the last sample.
  std::atomic<std::uint64_t> word_{0};
};

// Counts calls in flight together with the sum of their start times, so that their mean age is
// known before any of them ends. A candidate that hangs is therefore noticed at once. At most
// 65,535 calls.
class InFlight {
 public:
  struct Reading {
    std::uint32_t calls;
    std::uint32_t mean_age;  // microseconds
  };

  void enter(Time start) { word_.fetch_add(step(start), std::memory_order_relaxed); }
  void leave(Time start) { word_.fetch_sub(step(start), std::memory_order_relaxed); }
  std::uint32_t calls() const {
    return static_cast<std::uint32_t>(word_.load(std::memory_order_relaxed) & kCountMask);
  }
  Reading read(Time now) const;

 private:
  static constexpr std::uint64_t kCountMask = 0xFFFF;
  // The sum is in the upper bits and wraps around at 2^48 microseconds; differences stay right.
  static std::uint64_t step(Time start) { return (to_micros(start) << 16) + 1; }

  std::atomic<std::uint64_t> word_{0};
};

}  // namespace gvm::routing
