#include "routing/latency.h"

#include <algorithm>
#include <cmath>

namespace gvm::routing {
namespace {

std::uint32_t micros32(Duration span) {
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(to_micros(span), 1, UINT32_MAX));
}

std::uint32_t stamp_of(Time now) {
  return static_cast<std::uint32_t>(to_micros(now) / 1000);
}

std::uint64_t pack(std::uint32_t micros, std::uint32_t stamp) {
  return std::uint64_t{micros} << 32 | stamp;
}

// Milliseconds since `stamp`. A stamp from a thread whose clock reading was slightly later counts
// as now.
std::uint32_t elapsed(std::uint32_t stamp, Time now) {
  const std::uint32_t span = stamp_of(now) - stamp;
  return span > INT32_MAX ? 0 : span;
}

std::uint32_t blend(std::uint32_t old, std::uint32_t sample, std::uint32_t ms,
                    const LatencyPolicy& policy) {
  if (sample >= old) return sample;
  const double keep =
      std::exp(-static_cast<double>(ms) /
               static_cast<double>(std::max<milliseconds::rep>(1, policy.decay.count())));
  return static_cast<std::uint32_t>(keep * old + (1 - keep) * sample);
}

// Halves the value per half-life, linearly in between. The result is the same on every machine,
// unlike that of exp().
std::uint32_t fade(std::uint32_t value, std::uint64_t ms, std::uint64_t half_life) {
  if (half_life == 0 || ms == 0) return value;
  std::uint64_t whole = value;
  if (ms >= half_life) {
    if (ms / half_life >= 32) return 1;
    whole >>= ms / half_life;
    ms %= half_life;
  }
  const auto faded = whole - whole * ms / (2 * half_life);
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, faded));
}

}  // namespace

void PeakEwma::observe(Time now, Duration sample, const LatencyPolicy& policy) {
  const auto us = micros32(sample);
  auto word = word_.load(std::memory_order_relaxed);
  for (;;) {
    const auto old = static_cast<std::uint32_t>(word >> 32);
    const auto stamp = static_cast<std::uint32_t>(word);
    const auto next = old == 0 ? us : blend(old, us, elapsed(stamp, now), policy);
    if (word_.compare_exchange_weak(word, pack(next, stamp_of(now)), std::memory_order_relaxed))
      return;
  }
}

void PeakEwma::observe_at_least(Time now, Duration sample) {
  const auto us = micros32(sample);
  auto word = word_.load(std::memory_order_relaxed);
  while (static_cast<std::uint32_t>(word >> 32) < us &&
         !word_.compare_exchange_weak(word, pack(us, stamp_of(now)), std::memory_order_relaxed)) {
  }
}

std::uint32_t PeakEwma::estimate(Time now, const LatencyPolicy& policy) const {
  const auto word = word_.load(std::memory_order_relaxed);
  if (word == 0) return 0;
  return fade(static_cast<std::uint32_t>(word >> 32),
              elapsed(static_cast<std::uint32_t>(word), now),
              static_cast<std::uint64_t>(policy.idle_half_life.count()));
}

InFlight::Reading InFlight::read(Time now) const {
  const auto word = word_.load(std::memory_order_relaxed);
  const auto count = word & kCountMask;
  if (count == 0) return {0, 0};
  const std::uint64_t ages = (((to_micros(now) * count) << 16) - (word & ~kCountMask)) >> 16;
  const bool before_its_start = ages >> (kTimeBits - 1) != 0;  // a caller passed an older `now`
  const auto mean = before_its_start ? 0 : (count == 1 ? ages : ages / count);
  return {static_cast<std::uint32_t>(count),
          static_cast<std::uint32_t>(std::min<std::uint64_t>(mean, UINT32_MAX))};
}

}  // namespace gvm::routing
