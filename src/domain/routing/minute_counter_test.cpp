#include "routing/minute_counter.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "routing/random.h"
#include "routing/test_candidates.h"

namespace gvm::routing {
namespace {

using testing::at;

TEST(MinuteCounter, SlidesOverTheMinuteBefore) {
  MinuteCounter counter;
  ASSERT_TRUE(counter.try_add(at(10'000), 100, 0));
  EXPECT_EQ(counter.used(at(59'999)), 100U);
  EXPECT_EQ(counter.used(at(90'000)), 50U);
  EXPECT_EQ(counter.used(at(119'999)), 1U) << "rounded up";
  EXPECT_EQ(counter.used(at(120'000)), 0U);
  EXPECT_EQ(counter.used(at(180'000)), 0U);
}

TEST(MinuteCounter, RefusesOverItsLimitAndSaysWhenItFits) {
  MinuteCounter counter;
  ASSERT_TRUE(counter.try_add(at(0), 80, 100));
  EXPECT_FALSE(counter.try_add(at(1), 21, 100));
  EXPECT_TRUE(counter.try_add(at(1), 20, 100));
  const auto wait = counter.fits_in(at(1), 10, 100);
  EXPECT_FALSE(counter.try_add(at(1) + wait - milliseconds(2), 10, 100));
  EXPECT_TRUE(counter.try_add(at(1) + wait, 10, 100));
}

TEST(MinuteCounter, FitsWhenItSaysForAnyHistory) {
  Random random(7);
  for (int round = 0; round < 2000; ++round) {
    MinuteCounter counter;
    std::int64_t now = 0;
    for (int i = 0; i < 6; ++i) {
      now += random.below(50'000);
      counter.try_add(at(now), random.below(60), 100);
    }
    const auto amount = 1 + random.below(100);
    const auto wait = counter.fits_in(at(now), amount, 100);
    ASSERT_LE(wait, std::chrono::minutes(2));
    ASSERT_TRUE(counter.try_add(at(now) + wait, amount, 100)) << "round " << round;
  }
}

TEST(MinuteCounter, AnAmountOverTheLimitFitsAnUnusedMinute) {
  MinuteCounter counter;
  EXPECT_TRUE(counter.try_add(at(0), 5'000, 1'000));
  EXPECT_FALSE(counter.try_add(at(0), 1, 1'000));
}

TEST(MinuteCounter, CorrectionsNeverGoBelowZero) {
  MinuteCounter counter;
  counter.try_add(at(0), 10, 0);
  counter.adjust(at(0), 30);
  EXPECT_EQ(counter.used(at(0)), 40U);
  counter.adjust(at(0), -100);
  EXPECT_EQ(counter.used(at(0)), 0U);
}

TEST(MinuteCounter, AdmitsExactlyItsLimitFromManyThreads) {
  MinuteCounter counter;
  std::atomic<int> admitted{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1'000; ++i) admitted += counter.try_add(at(5), 1, 1'500) ? 1 : 0;
    });
  }
  threads.clear();
  EXPECT_EQ(admitted, 1'500);
}

}  // namespace
}  // namespace gvm::routing
