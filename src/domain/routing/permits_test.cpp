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

TEST(Gate, AdmitsAsManyAsItHasPermits) {
  Gate gate({.permits = 2, .queue = 0});
  auto one = gate.try_enter();
  auto two = gate.try_enter();
  ASSERT_TRUE(one && two);
  EXPECT_FALSE(gate.try_enter());
  EXPECT_EQ(gate.in_use(), 2U);
  one.reset();
  EXPECT_TRUE(gate.try_enter());
}

TEST(Gate, WithoutALimitEveryoneEnters) {
  Gate gate({.permits = 0});
  std::vector<Permit> permits;
  for (int i = 0; i < 1'000; ++i) permits.push_back(gate.try_enter().value());
  EXPECT_EQ(gate.in_use(), 1'000U);
}

TEST(Gate, ServesFirstComeFirst) {
  Gate gate({.permits = 1, .queue = 10});
  auto held = gate.try_enter();
  std::vector<int> granted;
  std::vector<Ticket> tickets;
  for (int i = 0; i < 3; ++i) {
    tickets.push_back(gate.enter(inline_executor, [&granted, i] { granted.push_back(i); }).value());
    EXPECT_FALSE(tickets.back().granted());
  }
  EXPECT_EQ(gate.waiting(), 3U);
  held.reset();
  EXPECT_EQ(granted, std::vector<int>{0});
  EXPECT_FALSE(gate.try_enter()) << "nobody overtakes";
  auto permit = tickets[0].take();
  ASSERT_TRUE(permit);
  EXPECT_FALSE(tickets[0].take()) << "once";
  tickets[1].leave();
  permit.reset();
  EXPECT_EQ(granted, (std::vector<int>{0, 2}));
  tickets.clear();
  EXPECT_EQ(gate.in_use(), 0U);
  EXPECT_EQ(gate.waiting(), 0U);
}

TEST(Gate, ATicketMayHoldItsPermitAtOnceAndThenNobodyCalls) {
  Gate gate({.permits = 1, .queue = 1});
  bool called = false;
  auto ticket = gate.enter(inline_executor, [&] { called = true; }).value();
  EXPECT_TRUE(ticket.granted());
  ticket.leave();
  EXPECT_FALSE(called);
  EXPECT_EQ(gate.in_use(), 0U);
}

TEST(Gate, RefusesWhoFindsTheQueueFull) {
  Gate gate({.permits = 1, .queue = 2});
  const auto held = gate.try_enter();
  auto one = gate.enter(inline_executor, [] {}).value();
  auto two = gate.enter(inline_executor, [] {}).value();
  const auto three = gate.enter(inline_executor, [] {});
  ASSERT_FALSE(three);
  EXPECT_EQ(three.error().waiting, 2U);
  one.leave();
  EXPECT_TRUE(gate.enter(inline_executor, [] {}));
}

TEST(Gate, AGrantedTicketThatIsDroppedPassesItsPermitOn) {
  Gate gate({.permits = 1, .queue = 2});
  auto held = gate.try_enter();
  auto one = gate.enter(inline_executor, [] {}).value();
  auto two = gate.enter(inline_executor, [] {}).value();
  held.reset();
  EXPECT_TRUE(one.granted());
  one = std::move(two);
  EXPECT_TRUE(one.granted());
  EXPECT_EQ(gate.in_use(), 1U);
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

// Calls that enter, wait, are cancelled at random moments or hold a permit for a moment.
class Crowd {
 public:
  static constexpr std::uint32_t kPermits = 3;

  Crowd(Gate& gate, Lane& lane, std::uint64_t seed) : gate_(gate), lane_(lane), random_(seed) {}

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
    std::optional<Ticket> ticket;
  };

  void enter() {
    auto entry = std::make_shared<Entry>();
    auto ticket = gate_.enter([this](std::function<void()> task) { lane_.post(std::move(task)); },
                              [this, entry] { granted(*entry); });
    if (!ticket) return;
    entry->ticket = std::move(*ticket);
    if (auto permit = entry->ticket->take())
      hold(std::move(*permit));
    else
      waiting_.push_back(std::move(entry));
  }
  void granted(Entry& entry) {
    if (!entry.ticket) return;  // cancelled meanwhile
    if (auto permit = entry.ticket->take()) hold(std::move(*permit));
    entry.ticket.reset();
    std::erase_if(waiting_, [&](const auto& one) { return one.get() == &entry; });
  }
  void hold(Permit permit) {
    EXPECT_LE(gate_.in_use(), kPermits);
    holding_.push_back(std::move(permit));
  }
  void cancel_one() {
    const auto which = random_.below(static_cast<std::uint32_t>(waiting_.size()));
    waiting_[which]->ticket.reset();
    waiting_.erase(waiting_.begin() + which);
    ++cancelled_;
  }
  void release_one() {
    const auto which = random_.below(static_cast<std::uint32_t>(holding_.size()));
    holding_.erase(holding_.begin() + which);
  }

  Gate& gate_;
  Lane& lane_;
  Random random_;
  std::vector<std::shared_ptr<Entry>> waiting_;
  std::vector<Permit> holding_;
  std::uint64_t cancelled_ = 0;
};

TEST(Gate, LosesNoPermitInAHundredThousandRandomCancellations) {
  constexpr std::uint64_t kCancellations = 100'000;
  constexpr int kLanes = 4;
  Gate gate({.permits = Crowd::kPermits, .queue = 200});
  std::atomic<std::uint64_t> cancelled{0};
  {
    std::vector<std::unique_ptr<Lane>> lanes;
    std::vector<std::unique_ptr<Crowd>> crowds;
    for (std::uint64_t i = 0; i < kLanes; ++i) {
      lanes.push_back(std::make_unique<Lane>());
      crowds.push_back(std::make_unique<Crowd>(gate, *lanes.back(), i));
    }
    // Each lane goes on with its crowd until its share is done, task by task.
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
  EXPECT_EQ(gate.in_use(), 0U);
  EXPECT_EQ(gate.waiting(), 0U);
}

}  // namespace
}  // namespace gvm::routing
