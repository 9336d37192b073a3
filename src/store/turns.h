#pragma once
// How a thread that works in the background stays out of the way of those that answer: it offers
// its core in between. Without that a lane which wakes beside it may wait for a whole tick of the
// scheduler's, up to 4 ms on a common kernel. One thread each.
#include "base/deadline.h"

namespace gvm::store {

class Turns {
 public:
  // Once, on the thread itself: asks for short turns, so that what it gives up each time is little
  // too. Linux before 6.12 takes the wish and ignores it.
  static void keep_short();

  // Between two pieces of work of some microseconds each.
  void next() {
    const auto now = Clock::now();
    if (now - began_ >= kLongest) give_way();
  }

 private:
  static constexpr std::chrono::microseconds kLongest{50};

  void give_way();

  Clock::time_point began_{};
};

}  // namespace gvm::store
