#pragma once
// The clock that windows are cut by: the wall clock, but never backwards. While the wall clock is
// behind a time that was seen before, this clock advances at the speed of the monotonic clock: a
// window that has been used is then neither opened again nor prolonged. Not thread safe.
#include <chrono>
#include <cstdint>
#include <functional>

namespace gvm::store {

struct TimeSource {
  std::function<std::int64_t()> wall_ms;    // since 1970
  std::function<std::int64_t()> steady_ms;  // from any starting point

  static TimeSource system();
};

class LedgerClock {
 public:
  explicit LedgerClock(TimeSource source) : source_(std::move(source)) {}

  // From now on now_ms() returns at least `ms`.
  void start_at(std::int64_t ms);
  std::int64_t now_ms();
  // How far the wall clock was behind at the last call of now_ms().
  std::int64_t wall_behind_ms() const { return behind_ms_; }

 private:
  TimeSource source_;
  std::int64_t last_ms_ = 0;
  std::int64_t last_steady_ms_ = 0;
  std::int64_t behind_ms_ = 0;
};

}  // namespace gvm::store
