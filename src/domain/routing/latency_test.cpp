#include "routing/latency.h"

#include <gtest/gtest.h>

#include "routing/histogram.h"
#include "routing/random.h"
#include "routing/test_candidates.h"

namespace gvm::routing {
namespace {

using testing::at;

TEST(PeakEwma, RisesAtOnceAndFallsByItsDecay) {
  const LatencyPolicy policy{.decay = milliseconds(10'000), .idle_half_life = milliseconds(0)};
  PeakEwma ewma;
  EXPECT_EQ(ewma.estimate(at(0), policy), 0U);
  ewma.observe(at(0), milliseconds(100), policy);
  EXPECT_EQ(ewma.estimate(at(0), policy), 100'000U);
  ewma.observe(at(1), milliseconds(900), policy);
  EXPECT_EQ(ewma.estimate(at(1), policy), 900'000U);
  ewma.observe(at(10'001), milliseconds(100), policy);
  EXPECT_NEAR(ewma.estimate(at(10'001), policy), 100'000 + 800'000 * 0.3679, 100);
}

TEST(PeakEwma, HalvesWhileNothingIsHeard) {
  const LatencyPolicy policy{.decay = milliseconds(1'000), .idle_half_life = milliseconds(1'000)};
  PeakEwma ewma;
  ewma.observe(at(0), milliseconds(800), policy);
  EXPECT_EQ(ewma.estimate(at(1'000), policy), 400'000U);
  EXPECT_EQ(ewma.estimate(at(1'500), policy), 300'000U);
  EXPECT_EQ(ewma.estimate(at(3'000), policy), 100'000U);
  EXPECT_EQ(ewma.estimate(at(10'000'000), policy), 1U) << "known to be known";
}

TEST(PeakEwma, AClockThatIsALittleBehindChangesNothing) {
  const LatencyPolicy policy;
  PeakEwma ewma;
  ewma.observe(at(5'000), milliseconds(800), policy);
  ewma.observe(at(4'000), milliseconds(1), policy);
  EXPECT_EQ(ewma.estimate(at(4'000), policy), 800'000U);
}

TEST(PeakEwma, AnUnfinishedCallOnlyRaises) {
  const LatencyPolicy policy;
  PeakEwma ewma;
  ewma.observe(at(0), milliseconds(100), policy);
  ewma.observe_at_least(at(1), milliseconds(50));
  EXPECT_EQ(ewma.estimate(at(1), policy), 100'000U);
  ewma.observe_at_least(at(1), milliseconds(500));
  EXPECT_EQ(ewma.estimate(at(1), policy), 500'000U);
}

TEST(InFlight, KnowsTheMeanAgeOfWhatRuns) {
  InFlight flight;
  EXPECT_EQ(flight.read(at(0)).calls, 0U);
  flight.enter(at(0));
  flight.enter(at(100));
  EXPECT_EQ(flight.read(at(300)).calls, 2U);
  EXPECT_EQ(flight.read(at(300)).mean_age, 250'000U);
  EXPECT_EQ(flight.read(at(10)).mean_age, 0U) << "a clock behind the last start";
  flight.leave(at(0));
  EXPECT_EQ(flight.read(at(300)).mean_age, 200'000U);
  flight.leave(at(100));
  EXPECT_EQ(flight.read(at(300)).calls, 0U);
}

TEST(InFlight, SurvivesTheWrapOfItsSum) {
  const Time late = from_micros((std::uint64_t{1} << kTimeBits) - 1'000'000);
  InFlight flight;
  for (int i = 0; i < 500; ++i) flight.enter(late + milliseconds(i));
  EXPECT_EQ(flight.read(late + milliseconds(500)).mean_age, 250'500U);
  for (int i = 0; i < 499; ++i) flight.leave(late + milliseconds(i));
  EXPECT_EQ(flight.read(late + milliseconds(509)).mean_age, 10'000U);
}

TEST(LatencyHistogram, PercentilesAreWithinABucketOfTheTruth) {
  LatencyHistogram histogram;
  EXPECT_FALSE(histogram.quantile(0.5));
  for (int ms = 1; ms <= 1'000; ++ms) histogram.add(milliseconds(ms));
  for (const double q : {0.1, 0.5, 0.9, 0.99}) {
    const double truth = q * 1e6;
    const auto found = static_cast<double>(to_micros(histogram.quantile(q).value()));
    EXPECT_GE(found, truth);
    EXPECT_LE(found, truth * 1.13);
  }
}

TEST(LatencyHistogram, TakesAnySpan) {
  LatencyHistogram histogram;
  histogram.add(Duration::zero());
  histogram.add(std::chrono::hours(48));
  EXPECT_LT(histogram.quantile(0.5).value(), milliseconds(2));
  EXPECT_GT(histogram.quantile(1).value(), std::chrono::minutes(30));
}

TEST(LatencyHistogram, ForgetsByHalving) {
  LatencyHistogram histogram;
  for (std::uint32_t i = 0; i < LatencyHistogram::kHalveAt; ++i) histogram.add(milliseconds(10));
  EXPECT_EQ(histogram.samples(), LatencyHistogram::kHalveAt / 2);
  for (std::uint32_t i = 0; i < 20 * LatencyHistogram::kHalveAt; ++i)
    histogram.add(milliseconds(1'000));
  EXPECT_GT(histogram.quantile(0.01).value(), milliseconds(500));
}

}  // namespace
}  // namespace gvm::routing
