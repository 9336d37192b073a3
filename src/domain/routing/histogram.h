#pragma once
// The distribution of a candidate's latencies, for percentiles: buckets with a width of 9 to 12 %,
// from 1 ms to 35 minutes. Any thread, no locks. All counts are halved every kHalveAt samples, so
// that old samples lose weight.
#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "routing/instant.h"

namespace gvm::routing {

class LatencyHistogram {
 public:
  static constexpr std::uint32_t kHalveAt = 4096;

  void add(Duration latency);
  std::uint32_t samples() const { return total_.load(std::memory_order_relaxed); }
  // The upper end of the bucket in which the quantile (0..1) falls; empty without samples.
  std::optional<Duration> quantile(double quantile) const;

 private:
  static constexpr unsigned kSubBits = 3;    // 8 buckets per doubling
  static constexpr unsigned kFirstBit = 10;  // 1.024 ms
  static constexpr unsigned kOctaves = 21;   // up to 2^31 microseconds
  static constexpr std::size_t kBuckets = kOctaves << kSubBits;

  static std::size_t bucket_of(std::uint64_t micros);
  static std::uint64_t upper_end(std::size_t bucket);
  void halve();

  std::array<std::atomic<std::uint32_t>, kBuckets> buckets_{};
  std::atomic<std::uint32_t> total_{0};
};

}  // namespace gvm::routing
