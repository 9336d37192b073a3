#pragma once
// The amount used in the last 60 seconds: the current minute plus the part of the previous minute
// that the sliding window still covers. Two atomic words, any thread, no locks.
#include <array>
#include <atomic>
#include <cstdint>

#include "routing/instant.h"

namespace gvm::routing {

class MinuteCounter {
 public:
  static constexpr std::uint64_t kMinute = 60'000'000;  // microseconds

  std::uint64_t used(Time now) const;
  // Adds `amount` unless the sum would exceed `limit` (0: no limit). An amount above the limit
  // counts as the limit, so that it fits into an unused minute.
  bool try_add(Time now, std::uint64_t amount, std::uint64_t limit);
  // Corrects an earlier amount; never falls below zero.
  void adjust(Time now, std::int64_t difference);
  // The time until `amount` fits `limit` when nothing is added meanwhile.
  Duration fits_in(Time now, std::uint64_t amount, std::uint64_t limit) const;
  // Before it is shared.
  void inherit(const MinuteCounter& old) { inherit(old.words()); }
  // The same between processes of one machine, whose clock is the same.
  std::array<std::uint64_t, 2> words() const { return {minutes_[0].load(), minutes_[1].load()}; }
  void inherit(const std::array<std::uint64_t, 2>& words) {
    for (std::size_t i = 0; i < 2; ++i) minutes_[i].store(words[i]);
  }

 private:
  // 27 bits of the minute's number, 37 bits of amount.
  std::atomic<std::uint64_t> minutes_[2] = {};
};

}  // namespace gvm::routing
