#pragma once
// A token bucket filled by traffic: extra calls may be at most a share of the ordinary ones, plus a
// small number per second. One atomic word and a stamp, any thread, no locks.
#include <atomic>
#include <cstdint>

#include "routing/instant.h"

namespace gvm::routing {

struct SharePolicy {
  double share = 0.1;           // extra calls per ordinary one
  double floor_per_second = 0;  // extra calls by time alone
  double burst = 20;            // extra calls saved up at most, and at the start
};

class ShareBucket {
 public:
  explicit ShareBucket(SharePolicy policy);

  void count_traffic();           // an ordinary call began
  bool may_take(Time now) const;  // whether take() would succeed now
  bool take(Time now);            // takes an extra call; false when none is left
  void give_back();               // the extra call was not made
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::int64_t kOne = 1'000'000;  // millionths of a call

  void add(std::int64_t millionths);
  std::int64_t earned_by(Time now) const;
  void refill(Time now);

  std::int64_t per_call_;
  double per_microsecond_;
  std::int64_t most_;
  std::atomic<std::int64_t> saved_;
  std::atomic<std::uint64_t> refilled_{0};  // microseconds of the clock; 0: never yet
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace gvm::routing
