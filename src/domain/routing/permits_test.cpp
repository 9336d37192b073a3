#include "routing/permits.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <thread>
#include <vector>

#include "routing/random.h"

namespace gvm::routing {
namespace {

void inline_executor(std::function<void()> task) {
  task();
}

TEST(PermitPool, AdmitsAsManyAsItHasPermits) {
  PermitPool pool({.permits = 2, .queue = 0});
  auto one = pool.try_enter();
  auto two = pool.try_enter();
  ASSERT_TRUE(one && two);
  EXPECT_FALSE(pool.try_enter());
  EXPECT_EQ(pool.in_use(), 2U);
  one.reset();
  EXPECT_TRUE(pool.try_enter());
}

TEST(PermitPool, WithoutALimitEveryoneEnters) {
  PermitPool pool({.permits = 0});
  std::vector<Permit> permits;
  for (int i = 0; i < 1'000; ++i) permits.push_back(pool.try_enter().value());
  EXPECT_EQ(pool.in_use(), 1'000U);
}

TEST(PermitPool, ServesFirstComeFirst) {
  PermitPool pool({.permits = 1, .queue = 10});
  auto held = pool.try_enter();
  std::vector<int> granted;
  std::vector<PermitWait> waits;
  for (int i = 0; i < 3; ++i) {
    waits.push_back(pool.enter(inline_executor, [&granted, i] { granted.push_back(i); }).value());
    EXPECT_FALSE(waits.back().granted());
  }
  EXPECT_EQ(pool.waiting(), 3U);
  held.reset();
  EXPECT_EQ(granted, std::vector<int>{0});
  EXPECT_FALSE(pool.try_enter()) << "nobody overtakes";
  auto permit = waits[0].take();
  ASSERT_TRUE(permit);
  EXPECT_FALSE(waits[0].take()) << "once";
  waits[1].leave();
  permit.reset();
  EXPECT_EQ(granted, (std::vector<int>{0, 2}));
  waits.clear();
  EXPECT_EQ(pool.in_use(), 0U);
  EXPECT_EQ(pool.waiting(), 0U);
}

TEST(PermitPool, AWaitMayHoldItsPermitAtOnceAndThenNobodyCalls) {
  PermitPool pool({.permits = 1, .queue = 1});
  bool called = false;
  auto wait = pool.enter(inline_executor, [&] { called = true; }).value();
  EXPECT_TRUE(wait.granted());
  wait.leave();
  EXPECT_FALSE(called);
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(PermitPool, RefusesWhoFindsTheQueueFull) {
  PermitPool pool({.permits = 1, .queue = 2});
  const auto held = pool.try_enter();
  auto one = pool.enter(inline_executor, [] {}).value();
  auto two = pool.enter(inline_executor, [] {}).value();
  const auto three = pool.enter(inline_executor, [] {});
  ASSERT_FALSE(three);
  EXPECT_EQ(three.error().waiting, 2U);
  one.leave();
  EXPECT_TRUE(pool.enter(inline_executor, [] {}));
}

TEST(PermitPool, AGrantedWaitThatIsDroppedPassesItsPermitOn) {
  PermitPool pool({.permits = 1, .queue = 2});
  auto held = pool.try_enter();
  auto one = pool.enter(inline_executor, [] {}).value();
  auto two = pool.enter(inline_executor, [] {}).value();
  held.reset();
  EXPECT_TRUE(one.granted());
  one = std::move(two);
  EXPECT_TRUE(one.granted());
  EXPECT_EQ(pool.in_use(), 1U);
}

// A lane: one thread that runs what is posted to it.
class Lane {
 public:
  Lane() : thread_([this] { run(); }) {}
  ~Lane() {
    post({});
    thread_.join();
  }
  void post(std::function<void()> task) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
  }

 private:
  void run() {
    for (;;) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return !tasks_.empty(); });
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      if (!task) return;
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  std::thread thread_;
};

// Calls that ask for a permit and then wait, are cancelled at random moments, or hold it for a
// moment.
class Crowd {
 public:
  static constexpr std::uint32_t kPermits = 3;

  Crowd(PermitPool& pool, Lane& lane, std::uint64_t seed)
      : pool_(pool), lane_(lane), random_(seed) {}

  void step() {
    if (random_.below(2) == 0) enter();
    if (!waiting_.empty() && random_.below(2) == 0) cancel_one();
    if (!holding_.empty() && random_.below(2) == 0) release_one();
  }
  void end() {
    while (!waiting_.empty()) cancel_one();
    holding_.clear();
  }
  std::uint64_t cancelled() const { return cancelled_; }

 private:
  struct Entry {
    std::optional<PermitWait> wait;
  };

  void enter() {
    auto entry = std::make_shared<Entry>();
    auto wait = pool_.enter([this](std::function<void()> task) { lane_.post(std::move(task)); },
                            [this, entry] { granted(*entry); });
    if (!wait) return;
    entry->wait = std::move(*wait);
    if (auto permit = entry->wait->take())
      hold(std::move(*permit));
    else
      waiting_.push_back(std::move(entry));
  }
  void granted(Entry& entry) {
    if (!entry.wait) return;  // cancelled meanwhile
    if (auto permit = entry.wait->take()) hold(std::move(*permit));
    entry.wait.reset();
    std::erase_if(waiting_, [&](const auto& one) { return one.get() == &entry; });
  }
  void hold(Permit permit) {
    EXPECT_LE(pool_.in_use(), kPermits);
    holding_.push_back(std::move(permit));
  }
  void cancel_one() {
    const auto which = random_.below(static_cast<std::uint32_t>(waiting_.size()));
    waiting_[which]->wait.reset();
    waiting_.erase(waiting_.begin() + which);
    ++cancelled_;
  }
  void release_one() {
    const auto which = random_.below(static_cast<std::uint32_t>(holding_.size()));
    holding_.erase(holding_.begin() + which);
  }

  PermitPool& pool_;
  Lane& lane_;
  Random random_;
  std::vector<std::shared_ptr<Entry>> waiting_;
  std::vector<Permit> holding_;
  std::uint64_t cancelled_ = 0;
};

TEST(PermitPool, LosesNoPermitInAHundredThousandRandomCancellations) {
  constexpr std::uint64_t kCancellations = 100'000;
  constexpr int kLanes = 4;
  PermitPool pool({.permits = Crowd::kPermits, .queue = 200});
  std::atomic<std::uint64_t> cancelled{0};
  {
    std::vector<std::unique_ptr<Lane>> lanes;
    std::vector<std::unique_ptr<Crowd>> crowds;
    for (std::uint64_t i = 0; i < kLanes; ++i) {
      lanes.push_back(std::make_unique<Lane>());
      crowds.push_back(std::make_unique<Crowd>(pool, *lanes.back(), i));
    }
    // Each lane repeats this task until its share of the calls is done.
    std::vector<std::shared_ptr<std::function<void()>>> loops;
    for (int i = 0; i < kLanes; ++i) {
      auto loop = std::make_shared<std::function<void()>>();
      auto* crowd = crowds[static_cast<std::size_t>(i)].get();
      auto* lane = lanes[static_cast<std::size_t>(i)].get();
      *loop = [crowd, lane, self = loop.get(), &cancelled] {
        for (int n = 0; n < 20; ++n) crowd->step();
        if (crowd->cancelled() < kCancellations / kLanes) return lane->post(*self);
        crowd->end();
        cancelled += crowd->cancelled();
      };
      loops.push_back(loop);
      lane->post(*loop);
    }
    while (cancelled < kCancellations) std::this_thread::yield();
    lanes.clear();
  }
  EXPECT_GE(cancelled, kCancellations);
  EXPECT_EQ(pool.in_use(), 0U);
  EXPECT_EQ(pool.waiting(), 0U);
}

}  // namespace
}  // namespace gvm::routing
