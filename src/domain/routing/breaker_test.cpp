#include "routing/breaker.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "routing/test_candidates.h"

namespace gvm::routing {
namespace {

using testing::at;

constexpr std::uint32_t kSalt = 3;
const BreakerPolicy kPolicy{};

struct Bench {
  Breaker breaker;

  BreakerState state(std::int64_t ms) const {
    return breaker.view(at(ms), kPolicy, kSalt, Urgency::normal).state;
  }
  Admission admit(std::int64_t ms, Urgency urgency = Urgency::normal) {
    return breaker.admit(at(ms), kPolicy, kSalt, urgency);
  }
  void fail(std::int64_t ms, Admission got = Admission::normal) {
    breaker.failed(at(ms), at(ms), got, Severity::failure, kPolicy);
  }
  void succeed(std::int64_t ms, Admission got = Admission::normal) {
    breaker.succeeded(at(ms), at(ms), got, kPolicy);
  }
  std::int64_t due() const {
    const auto view = breaker.view(at(0), kPolicy, kSalt, Urgency::normal);
    return static_cast<std::int64_t>((view.probe_due - to_micros(at(0))) / 1000 + 1);
  }
  void open(std::int64_t ms) {
    for (unsigned i = 0; i < kPolicy.consecutive_failures; ++i) fail(ms);
  }
};

TEST(Breaker, OpensAfterFailuresInARow) {
  Bench bench;
  for (unsigned i = 1; i < kPolicy.consecutive_failures; ++i) bench.fail(0);
  EXPECT_EQ(bench.state(0), BreakerState::closed);
  bench.succeed(0);
  for (unsigned i = 1; i < kPolicy.consecutive_failures; ++i) bench.fail(1);
  EXPECT_EQ(bench.state(1), BreakerState::closed) << "a success in between starts the row anew";
  bench.fail(2);
  EXPECT_EQ(bench.state(2), BreakerState::open);
  EXPECT_EQ(bench.admit(2), Admission::refused);
}

TEST(Breaker, OpensByTheShareOfFailuresInItsWindow) {
  Bench bench;
  for (unsigned i = 0; i < kPolicy.min_calls / 2; ++i) {
    EXPECT_EQ(bench.state(i), BreakerState::closed) << "too few calls to judge: " << i;
    bench.succeed(i);
    bench.fail(i);
  }
  EXPECT_EQ(bench.state(100), BreakerState::open);
}

TEST(Breaker, OldFailuresDoNotOpenIt) {
  Bench bench;
  for (int i = 0; i < 100; ++i) {
    bench.succeed(i * 5'000);
    bench.fail(i * 5'000);
  }
  EXPECT_EQ(bench.state(500'000), BreakerState::closed) << "never 20 calls within the window";
}

TEST(Breaker, LetsExactlyOneProbeThrough) {
  Bench bench;
  bench.open(0);
  const auto due = bench.due();
  EXPECT_GE(due, kPolicy.open_first.count());
  EXPECT_LE(due, kPolicy.open_first.count() * 5 / 4 + 1);
  EXPECT_EQ(bench.admit(due - 2), Admission::refused);
  EXPECT_EQ(bench.admit(due), Admission::probe);
  EXPECT_EQ(bench.admit(due), Admission::refused);
  EXPECT_EQ(bench.admit(due + 100'000), Admission::refused) << "until it is handed back";
}

TEST(Breaker, AProbeThatLearnedNothingIsDueAgain) {
  Bench bench;
  bench.open(0);
  const auto due = bench.due();
  ASSERT_EQ(bench.admit(due), Admission::probe);
  bench.breaker.neutral(Admission::probe);
  EXPECT_EQ(bench.admit(due), Admission::probe);
}

TEST(Breaker, FailedProbesDoubleThePauseUpToTheLongest) {
  Bench bench;
  bench.open(0);
  std::int64_t opened = 0;
  std::int64_t before = 0;
  for (int i = 0; i < 12; ++i) {
    const auto due = bench.due();
    const auto pause = due - opened;
    EXPECT_GE(pause, std::min<std::int64_t>(before, kPolicy.open_longest.count()));
    EXPECT_LE(pause, kPolicy.open_longest.count() * 5 / 4 + 1);
    before = pause;
    ASSERT_EQ(bench.admit(due), Admission::probe);
    bench.fail(due, Admission::probe);
    opened = due;
  }
  EXPECT_GE(before, kPolicy.open_longest.count());
}

TEST(Breaker, InAnOutageAProbeIsDueSooner) {
  Bench bench;
  bench.open(0);
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(bench.admit(i * 500, Urgency::outage),
              i == 0 ? Admission::refused : Admission::probe);
    if (i > 0) bench.fail(i * 500, Admission::probe);
  }
  EXPECT_EQ(bench.admit(4'999, Urgency::outage), Admission::refused);
  EXPECT_EQ(bench.admit(5'000, Urgency::normal), Admission::refused);
  EXPECT_EQ(bench.admit(5'000, Urgency::outage), Admission::probe);
}

TEST(Breaker, ACallMadeRegardlessIsTheProbeAtOnce) {
  Bench bench;
  bench.open(0);
  EXPECT_EQ(bench.admit(1, Urgency::outage), Admission::refused);
  EXPECT_EQ(bench.admit(1, Urgency::regardless), Admission::probe);
  EXPECT_EQ(bench.admit(1, Urgency::regardless), Admission::refused) << "one at a time";
}

TEST(Breaker, AfterItsProbeTrafficGrowsUntilItIsClosed) {
  Bench bench;
  bench.open(0);
  const auto due = bench.due();
  bench.succeed(due, bench.admit(due));
  const auto share = [&](std::int64_t ms) {
    return bench.breaker.view(at(ms), kPolicy, kSalt, Urgency::normal).share;
  };
  EXPECT_EQ(bench.state(due), BreakerState::ramp);
  EXPECT_EQ(share(due), 100);
  EXPECT_EQ(share(due + 2'500), 550) << "by time";
  for (int i = 0; i < 5; ++i) bench.succeed(due + 1);
  EXPECT_EQ(share(due + 1), 550) << "by successes";
  for (int i = 0; i < 5; ++i) bench.succeed(due + 1);
  EXPECT_EQ(bench.state(due + 1), BreakerState::closed);
}

TEST(Breaker, AFailureWhileRampingOpensItForLonger) {
  Bench bench;
  bench.open(0);
  const auto due = bench.due();
  bench.succeed(due, bench.admit(due));
  bench.fail(due + 1);
  EXPECT_EQ(bench.state(due + 1), BreakerState::open);
  EXPECT_GE(bench.due() - due - 1, 2 * kPolicy.open_first.count());
}

TEST(Breaker, AfterTheRampASingleFailureIsOneOfMany) {
  Bench bench;
  bench.open(0);
  const auto due = bench.due();
  bench.succeed(due, bench.admit(due));
  bench.fail(due + 6'000);
  EXPECT_EQ(bench.state(due + 6'000), BreakerState::closed);
}

TEST(Breaker, ResultsOfCallsFromBeforeTheOutageDoNotCount) {
  Bench bench;
  bench.open(0);
  const auto due = bench.due();
  const auto probe = bench.admit(due);
  bench.fail(due);  // this result does not belong to the probe
  bench.succeed(due);
  EXPECT_EQ(bench.state(due), BreakerState::half_open);
  bench.succeed(due, probe);
  bench.breaker.failed(at(due + 1), at(0), Admission::normal, Severity::failure, kPolicy);
  EXPECT_EQ(bench.state(due + 1), BreakerState::ramp);
}

TEST(Breaker, ADecisiveFailureOpensAtOnce) {
  Bench bench;
  bench.breaker.failed(at(0), at(0), Admission::normal, Severity::decisive, kPolicy);
  EXPECT_EQ(bench.state(0), BreakerState::open);
}

TEST(Breaker, ADoubtIsNoFailure) {
  Bench bench;
  EXPECT_TRUE(bench.breaker.untroubled());
  for (int i = 0; i < 100; ++i) bench.breaker.doubt();
  EXPECT_EQ(bench.state(0), BreakerState::closed);
  EXPECT_FALSE(bench.breaker.view(at(0), kPolicy, kSalt, Urgency::normal).proven);
  bench.succeed(1);
  EXPECT_TRUE(bench.breaker.untroubled());
}

TEST(Breaker, GivesOneProbeToManyThreads) {
  for (int round = 0; round < 50; ++round) {
    Bench bench;
    bench.open(0);
    const auto due = bench.due();
    std::atomic<int> probes{0};
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) probes += bench.admit(due) == Admission::probe ? 1 : 0;
      });
    }
    threads.clear();
    ASSERT_EQ(probes, 1);
  }
}

}  // namespace
}  // namespace gvm::routing
