// The background thread's life. What is done on it is tested where it is asked for.
#include "script/off_lane.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <thread>

namespace gvm::script {

namespace {

using namespace std::chrono_literals;

TEST(OffLane, WhoGivesTheThreadUpLastWaitsForTheWorkThatRuns) {
  std::latch begun(1);
  std::latch leaving(1);
  std::atomic<bool> ended = false;
  auto kept = keep_background();
  auto other = keep_background();
  drop_off_lane(std::shared_ptr<const void>(nullptr, [&](const void*) {
    begun.count_down();
    leaving.wait();
    std::this_thread::sleep_for(20ms);
    ended = true;
  }));
  begun.wait();
  other.reset();  // not the last: does not wait, or the test would hang here
  leaving.count_down();
  kept.reset();
  EXPECT_TRUE(ended);
}

TEST(OffLane, WithoutTheThreadWhatIsLargeIsDroppedAtOnce) {
  bool dropped = false;
  drop_off_lane(std::shared_ptr<const void>(nullptr, [&dropped](const void*) { dropped = true; }));
  EXPECT_TRUE(dropped);
}

}  // namespace

}  // namespace gvm::script
