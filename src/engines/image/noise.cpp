#include "image/noise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace gvm::image {
namespace {

constexpr unsigned kSampleBits = 12;
constexpr std::size_t kSamples = std::size_t{1} << kSampleBits;

// Whole levels, so that a run on another processor cannot round otherwise: the quantiles of the
// normal distribution in the middle of equal shares. Bisection over erfc, once a call.
std::array<std::int16_t, kSamples> levels_of(double deviation) {
  std::array<std::int16_t, kSamples> table{};
  for (std::size_t i = 0; i < kSamples; ++i) {
    const double share = (static_cast<double>(i) + 0.5) / static_cast<double>(kSamples);
    double low = -6, high = 6;
    for (int round = 0; round < 40; ++round) {
      const double middle = (low + high) / 2;
      (std::erfc(-middle / std::sqrt(2.0)) / 2 < share ? low : high) = middle;
    }
    table[i] = static_cast<std::int16_t>(std::lround(std::round(low * deviation * 1e6) / 1e6));
  }
  return table;
}

// SplitMix64 (Steele, Lea and Flood, 2014): the n-th number needs no number before it.
std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31U);
}

}  // namespace

void add_noise(std::span<unsigned char> bytes, double deviation, std::uint64_t seed) {
  constexpr std::size_t kBytesOfOneNumber = 64 / kSampleBits;
  constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15U;
  const auto levels = levels_of(deviation);
  std::uint64_t state = mix(seed);
  for (std::size_t at = 0; at < bytes.size(); at += kBytesOfOneNumber) {
    state += kStep;
    std::uint64_t number = mix(state);
    const std::size_t end = std::min(at + kBytesOfOneNumber, bytes.size());
    for (std::size_t i = at; i < end; ++i) {
      const int level = bytes[i] + levels[number % kSamples];
      bytes[i] = static_cast<unsigned char>(std::clamp(level, 0, 255));
      number >>= kSampleBits;
    }
  }
}

}  // namespace gvm::image
