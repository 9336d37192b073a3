#include "store/ledger_clock.h"

#include <algorithm>

namespace gvm::store {

TimeSource TimeSource::system() {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  return {
      .wall_ms =
          [] {
            const auto now = std::chrono::system_clock::now().time_since_epoch();
            return std::int64_t{duration_cast<milliseconds>(now).count()};
          },
      .steady_ms =
          [] {
            const auto now = std::chrono::steady_clock::now().time_since_epoch();
            return std::int64_t{duration_cast<milliseconds>(now).count()};
          },
  };
}

void LedgerClock::start_at(std::int64_t ms) {
  last_ms_ = std::max(last_ms_, ms);
  last_steady_ms_ = source_.steady_ms();
}

std::int64_t LedgerClock::now_ms() {
  const auto wall = source_.wall_ms();
  const auto steady = source_.steady_ms();
  if (wall >= last_ms_) {
    last_ms_ = wall;
  } else {
    last_ms_ += std::max<std::int64_t>(0, steady - last_steady_ms_);
  }
  last_steady_ms_ = steady;
  behind_ms_ = last_ms_ - wall;
  return last_ms_;
}

}  // namespace gvm::store
