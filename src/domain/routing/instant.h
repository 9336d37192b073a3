#pragma once
// Points in time for this folder: the monotonic clock, always passed in by the caller; stored in
// atomics as whole microseconds.
#include <chrono>
#include <cstdint>

#include "base/deadline.h"

namespace gvm::routing {

using Time = Clock::time_point;
using Duration = Clock::duration;
using std::chrono::microseconds;
using std::chrono::milliseconds;

inline constexpr unsigned kTimeBits = 48;  // of microseconds: 8.9 years after the clock's epoch

inline std::uint64_t to_micros(Duration span) {
  const auto us = std::chrono::duration_cast<microseconds>(span).count();
  return us < 0 ? 0 : static_cast<std::uint64_t>(us);
}
inline std::uint64_t to_micros(Time when) {
  return to_micros(when.time_since_epoch());
}
inline Time from_micros(std::uint64_t us) {
  return Time(std::chrono::duration_cast<Duration>(microseconds(us)));
}
// `when + span`, but never beyond the end of time.
inline Time after(Time when, Duration span) {
  return span >= Time::max() - when ? Time::max() : when + span;
}

}  // namespace gvm::routing
