#include "routing/rank.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "routing/random.h"
#include "routing/test_candidates.h"

namespace gvm::routing {
namespace {

using testing::at;
using testing::candidate;
using ::testing::ElementsAre;
using testing::order_of;

constexpr Strategy kAll[] = {Strategy::priority, Strategy::weighted, Strategy::least_busy,
                             Strategy::latency,  Strategy::cheapest, Strategy::usage};

// A ranking of given states, without a health table.
struct Case {
  std::vector<Candidate> candidates;
  Snapshot snapshot;
  RankPolicy policy;
  Request request;

  explicit Case(std::size_t count, Strategy strategy = Strategy::priority)
      : candidates(testing::backends(count)), snapshot(count) {
    policy.strategy = strategy;
    policy.explore_one_in = 0;
  }
  Ranking run() const { return run(*testing::set_of(candidates)); }
  Ranking run(const CandidateSet& set) const {
    Ranking out;
    rank(set, policy, request, snapshot, out);
    return out;
  }
  std::vector<CandidateId> order() const { return order_of(run()); }
  // How often each candidate was first, over many seeds.
  std::map<CandidateId, int> firsts(int seeds) {
    std::map<CandidateId, int> out;
    const auto set = testing::set_of(candidates);
    for (int i = 0; i < seeds; ++i) {
      request.seed = scramble(static_cast<std::uint64_t>(i));
      ++out[run(*set).ranked.front().candidate];
    }
    return out;
  }
};

TEST(Rank, PriorityKeepsTheOrder) {
  EXPECT_THAT(Case(4).order(), ElementsAre(0, 1, 2, 3));
}

TEST(Rank, TiersOfTheRequestReplaceThoseOfTheCandidates) {
  Case c(4, Strategy::least_busy);
  c.candidates[3].tier = 1;
  const std::uint8_t tiers[] = {2, 1, 1, 0};
  c.request.tiers = tiers;
  c.snapshot[1].calls = 5;
  EXPECT_THAT(c.order(), ElementsAre(3, 2, 1, 0));
}

TEST(Rank, TiersComeBeforeTheStrategyWithin) {
  Case c(4, Strategy::least_busy);
  c.candidates[0].tier = 1;
  c.candidates[1].tier = 1;
  c.snapshot[0].calls = 2;
  c.snapshot[2].calls = 9;
  c.snapshot[3].calls = 8;
  EXPECT_THAT(c.order(), ElementsAre(3, 2, 1, 0));
}

TEST(Rank, ATierMayHaveAStrategyOfItsOwn) {
  Case c(4, Strategy::least_busy);
  c.policy.tiers = {{.tier = 1, .strategy = Strategy::priority}};
  c.candidates[2].tier = c.candidates[3].tier = 1;
  c.snapshot[0].calls = 2;
  c.snapshot[2].calls = 9;
  const auto ranking = c.run();
  EXPECT_THAT(order_of(ranking), ElementsAre(1, 0, 2, 3));
  EXPECT_EQ(to_text(ranking.ranked[1]), "busy 2");
  EXPECT_EQ(to_text(ranking.ranked[2]), "priority 2");
}

TEST(Rank, WeightedDrawsInProportion) {
  Case c(3, Strategy::weighted);
  c.candidates[0].weight = 1;
  c.candidates[1].weight = 3;
  c.candidates[2].weight = 6;
  const auto firsts = c.firsts(20'000);
  EXPECT_NEAR(firsts.at(0), 2'000, 200);
  EXPECT_NEAR(firsts.at(1), 6'000, 300);
  EXPECT_NEAR(firsts.at(2), 12'000, 300);
}

TEST(Rank, AWeightOfZeroIsALastResort) {
  Case c(2, Strategy::weighted);
  c.candidates[0].weight = 0;
  EXPECT_EQ(c.firsts(200).at(1), 200);
  c.snapshot[1].availability = Availability::open;
  c.snapshot[1].recovers_in = 1;
  EXPECT_EQ(c.firsts(200).at(0), 200);
}

TEST(Rank, LeastBusyDrawsAmongTheIdle) {
  Case c(3, Strategy::least_busy);
  c.snapshot[1].calls = 1;
  const auto firsts = c.firsts(1'000);
  EXPECT_NEAR(firsts.at(0), 500, 80);
  EXPECT_EQ(firsts.count(1), 0U);
}

TEST(Rank, LatencyPrefersTheFastAndAsksTheUnknownOnce) {
  Case c(4, Strategy::latency);
  c.snapshot[0].latency = 90'000;
  c.snapshot[1].latency = 20'000;
  c.snapshot[2].latency = 40'000;
  EXPECT_THAT(c.order(), ElementsAre(3, 1, 2, 0));
  c.snapshot[3].calls = 1;
  EXPECT_THAT(c.order(), ElementsAre(1, 2, 0, 3));
}

TEST(Rank, LatencyChoosesTheBetterOfTwoAmongEquals) {
  Case c(5, Strategy::latency);
  for (std::uint32_t i = 0; i < 4; ++i) c.snapshot[i].latency = 100'000 + i * 1'000;
  c.snapshot[4].latency = 200'000;
  const auto firsts = c.firsts(6'000);
  EXPECT_NEAR(firsts.at(0), 3'000, 250) << "in 3 of 6 pairs";
  EXPECT_NEAR(firsts.at(1), 2'000, 250);
  EXPECT_NEAR(firsts.at(2), 1'000, 250);
  EXPECT_EQ(firsts.count(3), 0U) << "never the worst of its pair";
  EXPECT_EQ(firsts.count(4), 0U) << "no equal";
}

TEST(Rank, LatencyCountsWhatIsInFlight) {
  Case c(2, Strategy::latency);
  c.snapshot[0] = {.calls = 64, .latency = 100'000};
  c.snapshot[1] = {.calls = 0, .latency = 200'000};
  EXPECT_THAT(c.order(), ElementsAre(1, 0));
}

TEST(Rank, LatencyExploresNowAndThen) {
  Case c(3, Strategy::latency);
  c.policy.explore_one_in = 100;
  for (std::uint32_t i = 0; i < 3; ++i) c.snapshot[i].latency = 10'000U << i;
  const auto firsts = c.firsts(20'000);
  EXPECT_NEAR(firsts.at(1), 100, 40);
  EXPECT_NEAR(firsts.at(2), 100, 40);
}

TEST(Rank, CheapestTakesTheUnknownLastAndRefusesWhatDoesNotFit) {
  Case c(4, Strategy::cheapest);
  const std::vector<NanoUsd> costs = {500, 100, kUnknownCost, 9'000};
  c.request.worst_case_cost = costs;
  c.request.cost_limit = 1'000;
  const auto ranking = c.run();
  EXPECT_THAT(order_of(ranking), ElementsAre(1, 0, 2));
  EXPECT_EQ(to_text(ranking.ranked[0]), "cost 100");
  EXPECT_EQ(to_text(ranking.ranked[2]), "cost -1");
  ASSERT_EQ(ranking.rejected.size(), 1U);
  EXPECT_EQ(to_text(ranking.rejected[0]), "too_expensive 9000");
}

TEST(Rank, UsageLooksAtTheTightestLimit) {
  Case c(3, Strategy::usage);
  c.candidates[0].limits = {.requests_per_minute = 100, .tokens_per_minute = 1'000};
  c.candidates[1].limits = {.requests_per_minute = 10};
  c.request.tokens = 100;
  c.snapshot[0] = {.requests = 1, .tokens = 700};
  c.snapshot[1] = {.requests = 6};
  c.snapshot[2] = {.calls = 1};
  const auto ranking = c.run();
  EXPECT_THAT(order_of(ranking), ElementsAre(2, 1, 0));
  EXPECT_EQ(to_text(ranking.ranked[2]), "usage 800");
}

void expect_rejected(const Case& c, std::string_view text) {
  const auto ranking = c.run();
  EXPECT_THAT(order_of(ranking), ElementsAre(1)) << text;
  ASSERT_EQ(ranking.rejected.size(), 1U) << text;
  EXPECT_EQ(ranking.rejected[0].candidate, 0U);
  EXPECT_EQ(to_text(ranking.rejected[0]), text);
}

TEST(Rank, SaysWhyACandidateCannotTakeThePrompt) {
  Case base(2);
  base.request.needs_json = base.request.needs_image = true;
  base.request.tokens = 5'000;

  auto c = base;
  const std::vector<CandidateId> excluded = {0};
  c.request.excluded = excluded;
  expect_rejected(c, "excluded 0");
  c = base;
  c.candidates[0].json = false;
  expect_rejected(c, "no_json 0");
  c = base;
  c.candidates[0].image = false;
  expect_rejected(c, "no_image 0");
  c = base;
  c.candidates[0].context_length = 4'096;
  expect_rejected(c, "context_too_short 4096");
  c = base;
  c.snapshot[0].no_json = true;
  expect_rejected(c, "learned_no_json 0");
  c = base;
  c.snapshot[0].no_image = true;
  expect_rejected(c, "learned_no_image 0");
  c = base;
  c.candidates[0].limits.requests_per_minute = 3;
  c.snapshot[0].requests = 3;
  expect_rejected(c, "requests_full 3");
  c = base;
  c.candidates[0].limits.tokens_per_minute = 9'000;
  c.snapshot[0].tokens = 4'001;
  expect_rejected(c, "tokens_full 4001");
}

TEST(Rank, SaysWhatIsClosedAndForHowLong) {
  const std::pair<Availability, const char*> kStates[] = {
      {Availability::cooling, "cooling 1501"},
      {Availability::open, "open 1501"},
      {Availability::key_open, "key_open 1501"},
      {Availability::endpoint_open, "endpoint_open 1501"}};
  for (const auto& [availability, text] : kStates) {
    Case c(2);
    c.snapshot[0] = {.availability = availability, .recovers_in = 1'500'001};
    expect_rejected(c, text);
    EXPECT_TRUE(is_temporary(c.run().rejected[0].reason));
  }
}

TEST(Rank, WhoIsFullOrRampingComesAfterAllOthers) {
  Case c(4);
  c.candidates[3].tier = 1;
  c.candidates[0].limits.concurrency = 2;
  c.candidates[1].limits.backend_concurrency = 7;
  c.snapshot[0].calls = 2;
  c.snapshot[1].backend_calls = 7;
  c.snapshot[2] = {.availability = Availability::ramping, .share = 0};
  const auto ranking = c.run();
  EXPECT_THAT(order_of(ranking), ElementsAre(3, 0, 1, 2));
  EXPECT_EQ(to_text(ranking.ranked[1]), "full 2");
  EXPECT_EQ(to_text(ranking.ranked[3]), "ramping 0");
}

TEST(Rank, ARampingCandidateGetsItsShareFirst) {
  Case c(2);
  c.snapshot[0] = {.availability = Availability::ramping, .share = 300};
  EXPECT_NEAR(c.firsts(5'000).at(0), 1'500, 150);
}

TEST(Rank, AProbeIsNamed) {
  Case c(1);
  c.snapshot[0].availability = Availability::probe;
  EXPECT_EQ(to_text(c.run().ranked[0]), "probe 0");
}

Case random_case(Random& random, Strategy strategy) {
  Case c(1 + random.below(40), strategy);
  c.policy.explore_one_in = 8;
  for (std::size_t i = 0; i < c.candidates.size(); ++i) {
    c.candidates[i].tier = random.below(3);
    c.candidates[i].weight = random.below(4);
    c.candidates[i].json = random.below(4) > 0;
    if (random.below(3) == 0)
      c.candidates[i].limits = {.requests_per_minute = 50, .concurrency = 4};
    auto& state = c.snapshot[i];
    state = {.availability = static_cast<Availability>(random.below(7)),
             .no_json = random.below(9) == 0,
             .share = static_cast<std::uint16_t>(random.below(1001)),
             .calls = random.below(6),
             .latency = random.below(1'000'000),
             .requests = random.below(60)};
    if (state.availability >= Availability::cooling) state.recovers_in = 1 + random.below(100'000);
  }
  c.request.needs_json = random.below(2) == 0;
  c.request.seed = random.next();
  return c;
}

TEST(Rank, EveryCandidateIsRankedOrRejectedOnceAndTiersAreKept) {
  Random random(3);
  for (int i = 0; i < 3'000; ++i) {
    const auto c = random_case(random, kAll[i % 6]);
    const auto ranking = c.run();
    std::vector<bool> seen(c.candidates.size());
    for (const auto& r : ranking.ranked) {
      ASSERT_FALSE(seen[r.candidate]);
      seen[r.candidate] = true;
      ASSERT_EQ(c.snapshot[r.candidate].recovers_in, 0U);
    }
    for (const auto& r : ranking.rejected) {
      ASSERT_FALSE(seen[r.candidate]);
      seen[r.candidate] = true;
    }
    ASSERT_EQ(ranking.ranked.size() + ranking.rejected.size(), seen.size());
    unsigned tier = 0;
    for (const auto& r : ranking.ranked) {
      if (r.reason == Reason::full || r.reason == Reason::ramping) break;
      ASSERT_GE(c.candidates[r.candidate].tier, tier);
      tier = c.candidates[r.candidate].tier;
    }
  }
}

TEST(Rank, IsReplayedFromTheTextOfItsSnapshot) {
  Random random(9);
  for (int i = 0; i < 600; ++i) {
    const auto c = random_case(random, kAll[i % 6]);
    auto again = c;
    again.snapshot = parse_snapshot(to_text(c.snapshot)).value();
    const auto one = c.run();
    const auto two = again.run();
    ASSERT_EQ(order_of(one), order_of(two));
    for (std::size_t n = 0; n < one.ranked.size(); ++n)
      ASSERT_EQ(to_text(one.ranked[n]), to_text(two.ranked[n]));
    for (std::size_t n = 0; n < one.rejected.size(); ++n)
      ASSERT_EQ(to_text(one.rejected[n]), to_text(two.rejected[n]));
  }
}

// A recorded result: a decision of one build must be reproduced by every other.
TEST(Rank, GivesTheRecordedOrderForARecordedSeed) {
  Case c(6, Strategy::weighted);
  c.request.seed = 20'260'131;
  EXPECT_THAT(c.order(), ElementsAre(5, 4, 0, 1, 2, 3));
  // The published first numbers of SplitMix64 for this seed.
  Random random(1'234'567);
  EXPECT_EQ(random.next(), 6'457'827'717'110'365'317U);
  EXPECT_EQ(random.next(), 3'203'168'211'198'807'973U);
}

TEST(Rank, KnowsItsStrategiesByName) {
  for (const auto strategy : kAll) EXPECT_EQ(parse_strategy(name_of(strategy)), strategy);
  EXPECT_FALSE(parse_strategy("fastest"));
  EXPECT_FALSE(parse_strategy(""));
}

TEST(Rank, DataRulesLeaveACandidateOutOnlyForWhatAPromptHolds) {
  Case c(4);
  c.candidates[0].data.images = DataRule::no_images;
  c.candidates[1].data.personal_data = DataRule::no_personal_data;
  c.candidates[2].data.any = DataRule::regions;
  EXPECT_THAT(c.order(), ElementsAre(0, 1, 3));
  c.request.holds_images = true;
  EXPECT_THAT(c.order(), ElementsAre(1, 3));
  c.request.holds_personal_data = true;
  EXPECT_THAT(c.order(), ElementsAre(3));
  const auto ranking = c.run();
  ASSERT_EQ(ranking.rejected.size(), 3U);
  EXPECT_EQ(to_text(ranking.rejected[0]), "data_no_images 0");
  EXPECT_EQ(to_text(ranking.rejected[1]), "data_no_personal_data 0");
  EXPECT_EQ(to_text(ranking.rejected[2]), "data_regions 0");
  for (const auto& each : ranking.rejected) {
    EXPECT_TRUE(is_data_rule(each.reason));
    EXPECT_FALSE(is_temporary(each.reason)) << "waiting would not help";
  }
}

}  // namespace
}  // namespace gvm::routing
