#include "net/lane_watchdog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "net/http_client.h"
#include "net/thread_stack.h"

namespace gvm::net {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

constexpr auto kLimit = 200ms;
constexpr auto kPatience = 60s;  // of a test on a busy machine

// A pipe that a lane reads from: it is stuck in read() until somebody lets it go.
class Gate {
 public:
  Gate() {
    if (::pipe(ends_.data()) != 0) throw std::runtime_error("no pipe");
  }
  ~Gate() {
    for (const int end : ends_) ::close(end);
  }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  void wait() const {
    char byte = 0;
    while (::read(ends_[0], &byte, 1) < 0 && errno == EINTR) {
    }
  }
  void open() const { ASSERT_EQ(::write(ends_[1], "x", 1), 1); }

 private:
  std::array<int, 2> ends_{};
};

// What a watchdog said.
class Heard {
 public:
  WatchdogActions actions() {
    return {.stuck =
                [this](const StuckLane& lane) {
                  const std::lock_guard lock(mutex_);
                  stuck_.push_back(lane);
                  changed_.notify_all();
                },
            .goes_on =
                [this](std::size_t lane) {
                  const std::lock_guard lock(mutex_);
                  went_on_.push_back(lane);
                  changed_.notify_all();
                }};
  }
  std::optional<StuckLane> stuck() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [this] { return !stuck_.empty(); })) return {};
    return stuck_.front();
  }
  bool went_on(std::size_t lane) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience,
                             [&] { return !went_on_.empty() && went_on_.front() == lane; });
  }
  std::size_t reports() {
    const std::lock_guard lock(mutex_);
    return stuck_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<StuckLane> stuck_;
  std::vector<std::size_t> went_on_;
};

TEST(LaneWatchdog, ReportsAStuckLaneOnceWithItsStackAndThatItGoesOn) {
  Lanes lanes(2, {});
  lanes.start();
  Heard heard;
  const LaneWatchdog watchdog(lanes, kLimit, heard.actions());
  const Gate gate;
  asio::post(lanes.at(1).context(), [&] { gate.wait(); });
  const auto stuck = heard.stuck();
  ASSERT_TRUE(stuck);
  EXPECT_EQ(stuck->lane, 1U);
  EXPECT_GE(stuck->since, kLimit);
  EXPECT_THAT(stuck->stack, Contains(HasSubstr("read"))) << "the function that it is stuck in";
  EXPECT_THAT(stuck->stack, Each(Not(HasSubstr("[0x")))) << "no addresses of this run";
  EXPECT_THAT(stuck->stack, Each(Not(HasSubstr("/")))) << "no folders";
  gate.open();
  EXPECT_TRUE(heard.went_on(1));
  EXPECT_EQ(heard.reports(), 1U);
}

TEST(LaneWatchdog, EndsWhileALaneIsStuck) {
  Lanes lanes(1, {});
  lanes.start();
  Heard heard;
  const Gate gate;
  {
    const LaneWatchdog watchdog(lanes, kLimit, heard.actions());
    asio::post(lanes.at(0).context(), [&] { gate.wait(); });
    ASSERT_TRUE(heard.stuck());
  }
  gate.open();
}

// A lane that was stuck before it ever answered has no known thread.
TEST(LaneWatchdog, ReportsALaneThatNeverAnswered) {
  Lanes lanes(1, {});
  lanes.start();
  Heard heard;
  const Gate gate;
  asio::post(lanes.at(0).context(), [&] { gate.wait(); });
  const LaneWatchdog watchdog(lanes, kLimit, heard.actions());
  const auto stuck = heard.stuck();
  ASSERT_TRUE(stuck);
  EXPECT_EQ(stuck->lane, 0U);
  gate.open();
  EXPECT_TRUE(heard.went_on(0));
}

TEST(ThreadStack, OfAThreadThatIsGoneIsEmpty) {
  prepare_stacks();
  constexpr pid_t kNobody = 0x7fffffff;
  EXPECT_TRUE(stack_of(kNobody).empty());
}

TEST(ThreadStack, OfOneselfIsThatOfTheCaller) {
  prepare_stacks();
  EXPECT_FALSE(stack_of(static_cast<pid_t>(::syscall(SYS_gettid))).empty());
}

}  // namespace
}  // namespace gvm::net
