// Limits on the calls of one prompt, and on the extra calls of the whole module.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "routing/attempt_budget.h"
#include "routing/hedge.h"
#include "routing/retry_budget.h"
#include "routing/test_candidates.h"

namespace gvm::routing {
namespace {

using testing::at;

TEST(AttemptBudget, EndsWithItsAttempts) {
  AttemptBudget budget({.attempts = 2});
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(budget.refuses(at(0), 0));
    budget.started(0);
  }
  EXPECT_EQ(budget.refuses(at(0), 0), Exhausted::attempts);
  budget.taken_back(0, 0);
  EXPECT_FALSE(budget.refuses(at(0), 0));
}

TEST(AttemptBudget, BeginsNoCallThatCannotEndInTime) {
  const AttemptBudget budget({.deadline = at(1'000), .least_call = milliseconds(100)});
  EXPECT_FALSE(budget.refuses(at(900), 0));
  EXPECT_EQ(budget.refuses(at(901), 0), Exhausted::deadline);
}

TEST(AttemptBudget, ReservesTheWorstCaseAndSettles) {
  AttemptBudget budget({.attempts = 10, .cost = 1'000});
  budget.started(700);
  EXPECT_EQ(budget.refuses(at(0), 301), Exhausted::cost);
  EXPECT_FALSE(budget.refuses(at(0), 300));
  budget.settled(700, 200);
  EXPECT_FALSE(budget.refuses(at(0), 800));
  EXPECT_EQ(budget.refuses(at(0), 801), Exhausted::cost);
  EXPECT_EQ(budget.committed(), 200);
}

TEST(AttemptBudget, AnUnknownCostFitsNoLimit) {
  EXPECT_EQ(AttemptBudget({.cost = 1'000'000}).refuses(at(0), kUnknownCost), Exhausted::cost);
  EXPECT_FALSE(AttemptBudget({}).refuses(at(0), kUnknownCost));
}

TEST(Backoff, HasFullJitterUpToItsDoublingLimit) {
  const BackoffPolicy policy{.first = milliseconds(100), .longest = milliseconds(350)};
  Random random(1);
  for (const auto& [retry, most] : std::vector<std::pair<unsigned, int>>{
           {1, 100}, {2, 200}, {3, 350}, {4, 350}, {4'000'000'000U, 350}}) {
    Duration longest{};
    Duration shortest = milliseconds(1'000);
    for (int i = 0; i < 2'000; ++i) {
      const auto pause = backoff(policy, retry, random);
      longest = std::max(longest, pause);
      shortest = std::min(shortest, pause);
    }
    EXPECT_LE(longest, milliseconds(most));
    EXPECT_GT(longest, milliseconds(most) * 0.98);
    EXPECT_LT(shortest, milliseconds(most) * 0.02);
  }
}

TEST(Backoff, IsTheSameForTheSameSeed) {
  Random one(5);
  Random two(5);
  for (unsigned i = 1; i < 20; ++i) EXPECT_EQ(backoff({}, i, one), backoff({}, i, two));
}

TEST(RetryBudget, GrantsAShareOfTraffic) {
  RetryBudget budget({.share = 0.1, .floor_per_second = 0, .burst = 5});
  int granted = 0;
  for (int i = 0; i < 10'000; ++i) {
    budget.count_prompt();
    granted += budget.take(at(i)) ? 1 : 0;
  }
  EXPECT_GE(granted, 1'000);
  EXPECT_LE(granted, 1'005);
  EXPECT_EQ(budget.refused(), 10'000U - static_cast<unsigned>(granted));
}

TEST(RetryBudget, HasAFloorForQuietTimes) {
  RetryBudget budget({.share = 0, .floor_per_second = 2, .burst = 3});
  int granted = 0;
  for (int ms = 0; ms < 60'000; ms += 10) granted += budget.take(at(ms)) ? 1 : 0;
  EXPECT_NEAR(granted, 120 + 3, 2);
}

TEST(RetryBudget, SavesNoMoreThanItsBurst) {
  RetryBudget budget({.share = 0.5, .floor_per_second = 10, .burst = 4});
  for (int i = 0; i < 1'000; ++i) budget.count_prompt();
  EXPECT_TRUE(budget.take(at(0)));
  int granted = 0;
  while (budget.take(at(3'600'000))) ++granted;
  EXPECT_EQ(granted, 4);
}

TEST(RetryBudget, GivesBackWhatWasNotUsed) {
  RetryBudget budget({.share = 0, .floor_per_second = 0, .burst = 1});
  ASSERT_TRUE(budget.take(at(0)));
  EXPECT_FALSE(budget.may_retry(at(0)));
  budget.give_back();
  EXPECT_TRUE(budget.may_retry(at(0)));
  EXPECT_TRUE(budget.take(at(0)));
}

TEST(RetryBudget, IsExactFromManyThreads) {
  RetryBudget budget({.share = 0.25, .floor_per_second = 0, .burst = 1'000'000});
  while (budget.take(at(0))) {
  }
  std::atomic<int> granted{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        budget.count_prompt();
        granted += budget.take(at(i)) ? 1 : 0;
      }
    });
  }
  threads.clear();
  while (budget.take(at(0))) ++granted;
  EXPECT_EQ(granted, 10'000);
}

TEST(HedgePolicy, IsOffUnlessConfigured) {
  LatencyHistogram latencies;
  for (int i = 0; i < 1'000; ++i) latencies.add(milliseconds(50));
  EXPECT_FALSE(HedgePolicy({}).when(latencies));
}

TEST(HedgePolicy, WaitsAFixedTimeOrWhatIsUsual) {
  LatencyHistogram latencies;
  const HedgePolicy fixed({.mode = HedgeMode::fixed, .delay = milliseconds(700)});
  EXPECT_EQ(fixed.when(latencies), milliseconds(700));
  const HedgePolicy usual({.mode = HedgeMode::percentile});
  for (int i = 0; i < 19; ++i) latencies.add(milliseconds(50));
  EXPECT_FALSE(usual.when(latencies)) << "too few calls to say what is usual";
  for (int i = 0; i < 100; ++i) latencies.add(milliseconds(i < 95 ? 50 : 2'000));
  const auto when = usual.when(latencies).value();
  EXPECT_GT(when, milliseconds(62));
  EXPECT_LT(when, milliseconds(75));
}

TEST(HedgePolicy, IsNeverEarlierThanItsLeastDelay) {
  LatencyHistogram latencies;
  for (int i = 0; i < 100; ++i) latencies.add(milliseconds(1));
  const HedgePolicy usual({.mode = HedgeMode::percentile, .least_delay = milliseconds(40)});
  EXPECT_EQ(usual.when(latencies), milliseconds(40));
}

TEST(HedgePolicy, AddsAtMostItsShare) {
  HedgePolicy policy({.mode = HedgeMode::fixed, .max_share = 0.05, .burst = 2});
  int hedges = 0;
  for (int i = 0; i < 10'000; ++i) {
    policy.count_call();
    hedges += policy.may_hedge(at(i)) ? 1 : 0;
  }
  EXPECT_LE(hedges, 502);
  EXPECT_GE(hedges, 500);
}

}  // namespace
}  // namespace gvm::routing
