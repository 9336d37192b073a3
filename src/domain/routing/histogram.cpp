#include "routing/histogram.h"

#include <algorithm>
#include <bit>

namespace gvm::routing {

std::size_t LatencyHistogram::bucket_of(std::uint64_t micros) {
  constexpr std::uint64_t kLeast = std::uint64_t{1} << kFirstBit;
  constexpr std::uint64_t kMost = (std::uint64_t{1} << (kFirstBit + kOctaves)) - 1;
  const auto us = std::clamp(micros, kLeast, kMost);
  const auto octave = static_cast<unsigned>(std::bit_width(us)) - 1;
  const auto sub = (us >> (octave - kSubBits)) & ((1U << kSubBits) - 1);
  return ((octave - kFirstBit) << kSubBits) + sub;
}

std::uint64_t LatencyHistogram::upper_end(std::size_t bucket) {
  const auto octave = kFirstBit + (bucket >> kSubBits);
  const auto sub = bucket & ((std::size_t{1} << kSubBits) - 1);
  return (std::uint64_t{1} << octave) + ((sub + 1) << (octave - kSubBits));
}

void LatencyHistogram::add(Duration latency) {
  buckets_[bucket_of(to_micros(latency))].fetch_add(1, std::memory_order_relaxed);
  // Exactly one thread sees the total reach this value.
  if (total_.fetch_add(1, std::memory_order_relaxed) + 1 == kHalveAt) halve();
}

void LatencyHistogram::halve() {
  std::uint32_t removed = 0;
  for (auto& bucket : buckets_) {
    const auto half = bucket.load(std::memory_order_relaxed) / 2;
    bucket.fetch_sub(half, std::memory_order_relaxed);
    removed += half;
  }
  total_.fetch_sub(removed, std::memory_order_relaxed);
}

std::optional<Duration> LatencyHistogram::quantile(double quantile) const {
  std::array<std::uint32_t, kBuckets> counts;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    counts[i] = buckets_[i].load(std::memory_order_relaxed);
    total += counts[i];
  }
  if (total == 0) return std::nullopt;
  const double wanted = std::clamp(quantile, 0.0, 1.0) * static_cast<double>(total);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts[i];
    if (seen > 0 && static_cast<double>(seen) >= wanted) return microseconds(upper_end(i));
  }
  return microseconds(upper_end(kBuckets - 1));
}

}  // namespace gvm::routing
