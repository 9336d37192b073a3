#pragma once
// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): the only
// source of random numbers in routing. The same seed gives the same numbers on every machine and
// build, so that a recorded decision can be replayed.
#include <cstdint>

namespace gvm::routing {

inline constexpr std::uint64_t kGoldenGamma = 0x9E3779B97F4A7C15ULL;

inline constexpr std::uint64_t scramble(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

// The number at `position` of the sequence of `seed`, without computing those before it.
inline constexpr std::uint64_t draw_at(std::uint64_t seed, std::uint64_t position) {
  return scramble(seed + (position + 1) * kGoldenGamma);
}

class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t next() { return scramble(state_ += kGoldenGamma); }
  // 0 <= x < 1, with 53 random bits.
  constexpr double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  // 0 <= x < bound; 0 when bound is 0.
  constexpr std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
  }

 private:
  std::uint64_t state_;
};

}  // namespace gvm::routing
