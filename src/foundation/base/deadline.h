#pragma once
// A point in monotonic time by which something must be done. Passed by value through every
// awaitable.
#include <algorithm>
#include <chrono>

namespace gvm {

using Clock = std::chrono::steady_clock;

class Deadline {
 public:
  static Deadline never() { return Deadline(Clock::time_point::max()); }
  static Deadline at(Clock::time_point when) { return Deadline(when); }
  static Deadline in(Clock::duration span) {
    const auto now = Clock::now();
    return Deadline(span >= Clock::time_point::max() - now ? Clock::time_point::max() : now + span);
  }

  Clock::time_point when() const { return when_; }
  bool is_never() const { return when_ == Clock::time_point::max(); }
  bool expired() const { return !is_never() && Clock::now() >= when_; }
  // Never negative.
  Clock::duration remaining() const {
    return is_never() ? Clock::duration::max()
                      : std::max(Clock::duration::zero(), when_ - Clock::now());
  }

  friend Deadline sooner(Deadline a, Deadline b) { return a.when_ < b.when_ ? a : b; }
  friend bool operator==(Deadline, Deadline) = default;

 private:
  explicit Deadline(Clock::time_point when) : when_(when) {}
  Clock::time_point when_;
};

}  // namespace gvm
