#include "serve/lane_budget.h"

#include <algorithm>

namespace gvm::serve {
namespace {

constexpr double kWeight = 0.3;  // of the last window's cost
constexpr double kLess = 0.97;   // of the share, after a round that was too long
constexpr double kMore = 0.005;  // of a processor, after one that was not
constexpr double kLeast = 0.02;  // so that a lane can find out that it got the processor back
constexpr double kMost = 0.97;   // a lane that is full to the last moment has no short queue

// Of the limit: the most that one request is charged. Otherwise cheap requests that come after dear
// ones would be refused by an idle lane until the average has changed. Where all of them are so
// dear, rounds are long, and the share decides.
constexpr int kMostCharged = 4;

Clock::duration scaled(Clock::duration span, double factor) {
  return Clock::duration(static_cast<Clock::rep>(static_cast<double>(span.count()) * factor));
}

}  // namespace

bool LaneBudget::take(Clock::time_point now, Clock::duration delay) {
  if (limit_.count() == 0) return true;
  if (cost_.count() == 0) return delay <= limit_;
  const auto passed = std::min(now - filled_, scaled(limit_, 1 / kLeast));
  filled_ = now;
  bucket_ = std::min(limit_, bucket_ + scaled(passed, std::min(share_, kMost)));
  if (bucket_.count() <= 0) return false;
  bucket_ -= std::min(cost_, limit_ * kMostCharged);
  return true;
}

void LaneBudget::round_ended(Clock::duration round) {
  share_ = round > limit_ ? std::max(kLeast, share_ * kLess) : std::min(1.0, share_ + kMore);
}

void LaneBudget::request_ended(Clock::duration cpu) {
  if (++ended_ < kWindow) return;
  const auto window = (cpu - cpu_before_) / ended_;
  const bool first = cpu_before_.count() == 0;
  cpu_before_ = cpu;
  ended_ = 0;
  if (first) return;  // with what the thread did before
  cost_ = cost_.count() == 0 ? window : scaled(cost_, 1 - kWeight) + scaled(window, kWeight);
}

}  // namespace gvm::serve
