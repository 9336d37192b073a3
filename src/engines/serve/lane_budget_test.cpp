// A lane's budget against a simulated lane: time is a number here.
#include "serve/lane_budget.h"

#include <gtest/gtest.h>

#include <chrono>

namespace gvm::serve {
namespace {

using namespace std::chrono_literals;

constexpr Clock::duration kLimit = 5ms;
constexpr Clock::duration kCost = 1ms;

// Requests cost kCost each; as many as are learned from.
LaneBudget learned(Clock::duration cost = kCost) {
  LaneBudget budget(kLimit);
  auto cpu = Clock::duration(1s);
  for (int i = 0; i < 200; ++i) budget.request_ended(cpu += cost);
  return budget;
}

int admitted(LaneBudget& budget, Clock::time_point& now, Clock::duration apart, int requests) {
  int taken = 0;
  for (int i = 0; i < requests; ++i) taken += static_cast<int>(budget.take(now += apart, 0ms));
  return taken;
}

TEST(LaneBudget, WithoutALimitTakesEverything) {
  LaneBudget budget(0ms);
  EXPECT_TRUE(budget.take(Clock::time_point(1s), 1h));
}

TEST(LaneBudget, GoesByTheDelayUntilACostIsKnown) {
  LaneBudget budget(kLimit);
  EXPECT_TRUE(budget.take(Clock::time_point(1s), kLimit));
  EXPECT_FALSE(budget.take(Clock::time_point(1s), kLimit + 1ms));
}

TEST(LaneBudget, LearnsWhatARequestCosts) {
  EXPECT_NEAR(std::chrono::duration<double>(learned().cost()).count(), 0.001, 0.00001);
}

TEST(LaneBudget, TakesEverythingBelowTheCapacity) {
  auto budget = learned();
  Clock::time_point now(1s);
  EXPECT_EQ(admitted(budget, now, kCost * 10 / 7, 1000), 1000);
}

TEST(LaneBudget, AtThreeTimesTheCapacityTakesWhatFits) {
  auto budget = learned();
  Clock::time_point now(1s);
  const int taken = admitted(budget, now, kCost / 3, 3000);  // of one second
  EXPECT_GE(taken, 940);
  EXPECT_LE(taken, 1000);
}

TEST(LaneBudget, ABurstIsTakenUpToTheLimit) {
  auto budget = learned();
  Clock::time_point now(1s);
  EXPECT_EQ(admitted(budget, now, 0ms, 100), 5) << "5 ms of work at 1 ms each";
  now += 1s;
  EXPECT_EQ(admitted(budget, now, 0ms, 100), 5) << "a long pause saves up no more than that";
}

TEST(LaneBudget, ARequestThatCostsMoreThanTheLimitIsTakenOnAnIdleLane) {
  auto budget = learned(15ms);
  Clock::time_point now(1s);
  EXPECT_EQ(admitted(budget, now, 0ms, 10), 1);
  now += 9ms;
  EXPECT_FALSE(budget.take(now, 0ms)) << "its work is not done yet";
  now += 3ms;
  EXPECT_TRUE(budget.take(now, 0ms));
}

TEST(LaneBudget, CheapRequestsAfterDearOnesAreTakenSoon) {
  auto budget = learned(10s);
  Clock::time_point now(1s);
  auto cpu = Clock::duration(1h);
  EXPECT_TRUE(budget.take(now, 0ms));
  int refused = 0;
  for (int i = 0; i < 1'000; ++i) {  // one every 10 ms, which need 1 ms
    const bool taken = budget.take(now += 10ms, 0ms);
    if (taken) budget.request_ended(cpu += kCost);
    refused += static_cast<int>(!taken);
  }
  EXPECT_LT(refused, 500) << "with the whole cost charged nearly all of them would be";
  int late = 0;
  for (int i = 0; i < 100; ++i) late += static_cast<int>(!budget.take(now += 10ms, 0ms));
  EXPECT_EQ(late, 0);
}

TEST(LaneBudget, TakesLessWhenOthersUseTheProcessorAndMoreWhenTheyEnd) {
  auto budget = learned();
  for (int i = 0; i < 60; ++i) budget.round_ended(kLimit * 2);
  EXPECT_LT(budget.share(), 0.2);
  Clock::time_point now(1s);
  EXPECT_LT(admitted(budget, now, kCost / 3, 3000), 250);
  for (int i = 0; i < 10'000; ++i) budget.round_ended(kLimit * 2);
  EXPECT_GT(budget.share(), 0) << "it can always find out";
  for (int i = 0; i < 250; ++i) budget.round_ended(kLimit / 2);
  EXPECT_EQ(budget.share(), 1);
}

}  // namespace
}  // namespace gvm::serve
