#include "routing/share_bucket.h"

#include <algorithm>

namespace gvm::routing {

ShareBucket::ShareBucket(SharePolicy policy)
    : per_call_(static_cast<std::int64_t>(policy.share * kOne)),
      per_microsecond_(policy.floor_per_second * kOne / 1e6),
      most_(static_cast<std::int64_t>(policy.burst * kOne)),
      saved_(most_) {}

void ShareBucket::add(std::int64_t millionths) {
  auto old = saved_.load(std::memory_order_relaxed);
  while (old < most_ && !saved_.compare_exchange_weak(old, std::min(most_, old + millionths),
                                                      std::memory_order_relaxed)) {
  }
}

void ShareBucket::count_traffic() {
  add(per_call_);
}

void ShareBucket::give_back() {
  add(kOne);
}

std::int64_t ShareBucket::earned_by(Time now) const {
  const auto us = to_micros(now);
  const auto since = refilled_.load(std::memory_order_relaxed);
  if (since == 0 || us <= since) return 0;
  return static_cast<std::int64_t>(
      std::min(static_cast<double>(most_), static_cast<double>(us - since) * per_microsecond_));
}

void ShareBucket::refill(Time now) {
  if (per_microsecond_ <= 0) return;
  const auto us = std::max<std::uint64_t>(1, to_micros(now));
  auto since = refilled_.load(std::memory_order_relaxed);
  const auto earned = earned_by(now);
  if (since != 0 && earned <= 0) return;
  // The thread that advances the stamp adds the tokens for the elapsed time.
  if (refilled_.compare_exchange_strong(since, us, std::memory_order_relaxed)) add(earned);
}

bool ShareBucket::may_take(Time now) const {
  return saved_.load(std::memory_order_relaxed) + earned_by(now) >= kOne;
}

bool ShareBucket::take(Time now) {
  refill(now);
  auto old = saved_.load(std::memory_order_relaxed);
  while (old >= kOne) {
    if (saved_.compare_exchange_weak(old, old - kOne, std::memory_order_relaxed)) return true;
  }
  refused_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

}  // namespace gvm::routing
