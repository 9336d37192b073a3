#pragma once
// The pause before the next attempt at an operation that keeps failing: doubles from kFirst.
#include <algorithm>
#include <chrono>

#include "base/deadline.h"

namespace gvm::browser {

class Backoff {
 public:
  static constexpr std::chrono::milliseconds kFirst{100};

  explicit Backoff(std::chrono::milliseconds longest) : longest_(longest) {}

  void failed() {
    pause_ = std::min(longest_, pause_.count() == 0 ? kFirst : 2 * pause_);
    not_before_ = Clock::now() + pause_;
  }
  void worked() {
    pause_ = std::chrono::milliseconds(0);
    not_before_ = Clock::time_point::min();
  }
  bool may_try() const { return Clock::now() >= not_before_; }

 private:
  std::chrono::milliseconds longest_;
  std::chrono::milliseconds pause_{0};
  Clock::time_point not_before_ = Clock::time_point::min();
};

}  // namespace gvm::browser
