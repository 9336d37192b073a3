// Figures for routing as a whole, on a virtual clock.
#include <gtest/gtest.h>

#include "routing/test_simulation.h"

namespace gvm::routing {
namespace {

using testing::Answered;
using testing::at;
using testing::Reply;
using testing::World;
using testing::WorldOptions;

double ms_of(Duration span) {
  return static_cast<double>(to_micros(span)) / 1'000;
}

std::vector<double> times(const std::vector<Answered>& answers) {
  std::vector<double> out;
  for (const auto& answer : answers) out.push_back(ms_of(answer.took));
  return out;
}

// 10 to 160 ms; `victim` turns 20 times slower in the middle.
struct FiveUpstreams {
  CandidateId victim;
  Time turns;

  double mean(CandidateId id, Time now) const {
    const double usual = 10.0 * static_cast<double>(1U << id);
    return id == victim && now >= turns ? usual * 20 : usual;
  }
  Reply reply(double mean, Random& random) const {
    const double ms = mean * (0.9 + 0.2 * random.unit());
    return {microseconds(static_cast<std::int64_t>(ms * 1'000)), {}};
  }
  CandidateId fastest(Time now) const {
    CandidateId best = 0;
    for (CandidateId id = 1; id < 5; ++id) {
      if (mean(id, now) < mean(best, now)) best = id;
    }
    return best;
  }
};

struct LatencyCase {
  CandidateId victim;
  double per_second;
};
class LatencyStrategy : public ::testing::TestWithParam<LatencyCase> {};

TEST_P(LatencyStrategy, StaysWithin15PercentOfAnOracleWhileOneTurnsSlow) {
  const FiveUpstreams upstreams{GetParam().victim, at(30'000)};
  WorldOptions options;
  options.candidates = testing::backends(5);
  options.ranking.strategy = Strategy::latency;
  options.per_second = GetParam().per_second;
  const auto upstream = [&](CandidateId id, Time now, Random& random) {
    return upstreams.reply(upstreams.mean(id, now), random);
  };
  // The reference always calls the backend that is fastest at that moment.
  const auto oracle = [&](CandidateId, Time now, Random& random) {
    return upstreams.reply(upstreams.mean(upstreams.fastest(now), now), random);
  };
  const auto mine = testing::percentile_ms(times(World(options, upstream).run()), 0.99);
  const auto best = testing::percentile_ms(times(World(options, oracle).run()), 0.99);
  RecordProperty("p99_ms", std::to_string(mine));
  RecordProperty("oracle_p99_ms", std::to_string(best));
  EXPECT_LE(mine, best * 1.15) << "oracle " << best << " ms";
}

INSTANTIATE_TEST_SUITE_P(Simulation, LatencyStrategy,
                         ::testing::Values(LatencyCase{0, 50}, LatencyCase{0, 200},
                                           LatencyCase{0, 600}, LatencyCase{1, 200},
                                           LatencyCase{4, 200}),
                         [](const auto& c) {
                           return fmt::format("Upstream{}At{}PerSecond", c.param.victim,
                                              c.param.per_second);
                         });

TEST(Simulation, LatencyFindsBackToWhoIsFastAgain) {
  WorldOptions options;
  options.candidates = testing::backends(2);
  options.ranking.strategy = Strategy::latency;
  options.per_second = 200;
  options.length = milliseconds(90'000);
  const auto answers = World(options, [](CandidateId id, Time now, Random&) {
                         const bool slow = id == 0 && now >= at(20'000) && now < at(40'000);
                         return Reply{milliseconds(id == 1 ? 40 : (slow ? 400 : 10)), {}};
                       }).run();
  std::vector<double> late;
  for (const auto& answer : answers) {
    if (answer.arrived >= at(70'000)) late.push_back(ms_of(answer.took));
  }
  EXPECT_EQ(testing::percentile_ms(late, 0.9), 10);
}

struct Outage {
  Time begins = at(10'000);
  Time ends = at(40'000);
  ErrorKind kind;
  milliseconds fails_after;
  std::size_t backends;
  double per_second;
};

class TotalOutage : public ::testing::TestWithParam<Outage> {};

TEST_P(TotalOutage, IsNotMadeWorseAndEndsWithinTwoSeconds) {
  const auto& outage = GetParam();
  WorldOptions options;
  options.candidates = testing::backends(outage.backends);
  options.per_second = outage.per_second;
  options.patience = milliseconds(3'000);
  options.length = milliseconds(60'000);
  std::uint64_t steady_attempts = 0;
  const Time steady = outage.begins + milliseconds(3'000);
  World world(options, [&](CandidateId, Time now, Random&) {
    const bool out = now >= outage.begins && now < outage.ends;
    if (out && now >= steady) ++steady_attempts;
    return out ? Reply{outage.fails_after, outage.kind} : Reply{milliseconds(30), {}};
  });
  const auto answers = world.run();

  double steady_requests = 0;
  double after = 0;
  double recovered = 0;
  for (const auto& answer : answers) {
    if (answer.arrived >= steady && answer.arrived < outage.ends) ++steady_requests;
    if (answer.arrived < outage.begins - milliseconds(1'000)) {
      ASSERT_TRUE(answer.ok);
    }
    if (answer.arrived < outage.ends + milliseconds(2'000)) continue;
    ++after;
    recovered += answer.ok ? 1 : 0;
  }
  EXPECT_LE(static_cast<double>(steady_attempts), 1.1 * steady_requests);
  EXPECT_GE(recovered, 0.99 * after);
  RecordProperty("attempts_per_request",
                 std::to_string(static_cast<double>(steady_attempts) / steady_requests));
}

INSTANTIATE_TEST_SUITE_P(Simulation, TotalOutage,
                         ::testing::Values(Outage{.kind = ErrorKind::server_error,
                                                  .fails_after = milliseconds(5),
                                                  .backends = 5,
                                                  .per_second = 200},
                                           Outage{.kind = ErrorKind::connect,
                                                  .fails_after = milliseconds(1),
                                                  .backends = 1,
                                                  .per_second = 200},
                                           Outage{.kind = ErrorKind::connect,
                                                  .fails_after = milliseconds(1),
                                                  .backends = 3,
                                                  .per_second = 20},
                                           Outage{.kind = ErrorKind::rate_limited,
                                                  .fails_after = milliseconds(5),
                                                  .backends = 4,
                                                  .per_second = 100},
                                           Outage{.kind = ErrorKind::first_byte_timeout,
                                                  .fails_after = milliseconds(500),
                                                  .backends = 3,
                                                  .per_second = 100},
                                           Outage{.kind = ErrorKind::overloaded,
                                                  .fails_after = milliseconds(20),
                                                  .backends = 10,
                                                  .per_second = 500}),
                         [](const auto& o) {
                           return fmt::format("{}Of{}At{}PerSecond", name_of(o.param.kind),
                                              o.param.backends, o.param.per_second);
                         });

TEST(Simulation, AHealthyFallbackAnswersEveryPromptWhateverTheFirstDoes) {
  for (const auto& rule : failover_table()) {
    if (rule.step == Step::give_up) continue;
    WorldOptions options;
    options.candidates = testing::backends(2);
    options.length = milliseconds(5'000);
    const auto answers = World(options, [&](CandidateId id, Time, Random&) {
                           if (id == 0) return Reply{milliseconds(5), rule.kind};
                           return Reply{milliseconds(30), {}};
                         }).run();
    for (const auto& answer : answers)
      ASSERT_TRUE(answer.ok) << name_of(rule.kind) << " " << name_of(answer.why);
  }
}

TEST(Simulation, HedgingCutsABimodalTail) {
  WorldOptions options;
  options.candidates = testing::backends(1);
  options.per_second = 100;
  options.length = milliseconds(120'000);
  options.hedge.mode = HedgeMode::percentile;
  const auto upstream = [](CandidateId, Time, Random& random) {
    const bool slow = random.below(100) < 5;
    const double ms = slow ? 2'000 : 50 * (0.9 + 0.2 * random.unit());
    return Reply{microseconds(static_cast<std::int64_t>(ms * 1'000)), {}};
  };
  World world(options, upstream);
  const auto answers = world.run();
  const auto p99 = testing::percentile_ms(times(answers), 0.99);
  const double extra =
      static_cast<double>(world.upstream_calls()) / static_cast<double>(answers.size()) - 1;
  RecordProperty("p99_ms", std::to_string(p99));
  RecordProperty("extra_calls", std::to_string(extra));
  EXPECT_LT(p99, 150);
  EXPECT_LE(extra, 0.06);
  EXPECT_GT(extra, 0.03) << "it does hedge";

  options.hedge.mode = HedgeMode::off;
  EXPECT_GE(testing::percentile_ms(times(World(options, upstream).run()), 0.99), 2'000);
}

TEST(Simulation, NothingIsInFlightWhenEverythingIsOver) {
  WorldOptions options;
  options.candidates = testing::backends(3);
  options.hedge = {.mode = HedgeMode::fixed, .delay = milliseconds(20), .max_share = 0.5};
  options.length = milliseconds(20'000);
  World world(options, [](CandidateId, Time, Random& random) {
    Reply reply{milliseconds(random.below(60)), {}};
    if (random.below(4) == 0) reply.error = static_cast<ErrorKind>(random.below(kErrorKinds));
    return reply;
  });
  world.run();
  for (CandidateId id = 0; id < 3; ++id) {
    EXPECT_EQ(world.table().state(id, at(1'000'000)).calls, 0U);
    EXPECT_EQ(world.table().state(id, at(1'000'000)).backend_calls, 0U);
  }
}

}  // namespace
}  // namespace gvm::routing
