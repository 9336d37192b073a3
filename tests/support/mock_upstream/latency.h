#pragma once
// How long an upstream takes before it answers: a distribution, drawn with a random number that the
// caller derives from seed and turn, so that a run can be repeated.
#include <chrono>
#include <cstdint>

#include "base/error.h"
#include "base/value.h"

namespace gvm::mock {

using std::chrono::microseconds;

// A hash: equal arguments give equal numbers, on every machine.
std::uint64_t scramble(std::uint64_t seed, std::uint64_t stream, std::uint64_t index);
// [0, 1)
double unit_interval(std::uint64_t random);

struct Latency {
  enum class Kind { fixed, uniform, lognormal, bimodal };
  Kind kind = Kind::fixed;
  microseconds low{0};   // fixed: the value; lognormal: the median; bimodal: the usual one
  microseconds high{0};  // uniform and bimodal: the upper one; lognormal: never more than this
  double shape = 0;      // lognormal: sigma of the logarithm; bimodal: the share of `high`

  static Latency fixed(microseconds value) { return {Kind::fixed, value, value, 0}; }
  static Latency uniform(microseconds low, microseconds high) {
    return {Kind::uniform, low, high, 0};
  }
  static Latency lognormal(microseconds median, double sigma, microseconds most) {
    return {Kind::lognormal, median, most, sigma};
  }
  static Latency bimodal(microseconds usual, microseconds slow, double share_of_slow) {
    return {Kind::bimodal, usual, slow, share_of_slow};
  }

  microseconds draw(std::uint64_t random) const;
};

// 50 (ms), {"uniform": [10, 160]}, {"lognormal": {"median_ms": 50, "sigma": 0.5, "most_ms": 5000}},
// {"bimodal": {"usual_ms": 50, "slow_ms": 2000, "slow_share": 0.05}}
Result<Latency> parse_latency(const Value& value, const std::string& where);

}  // namespace gvm::mock
