// A record is small, says why, and is enough to make the choice again.
#include "dispatch/decision.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/error_codes.h"
#include "routing/codes.h"
#include "routing/test_candidates.h"
#include "store/reader.h"

namespace gvm::dispatch {
namespace {

using routing::CandidateId;
using routing::Strategy;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kMost = store::DecisionRecord::kMostBytes;
constexpr std::string_view kHash = "00112233445566ff";
constexpr Strategy kStrategies[] = {Strategy::priority, Strategy::weighted, Strategy::least_busy,
                                    Strategy::latency,  Strategy::cheapest, Strategy::usage};

// Candidates with all that a choice can look at.
std::vector<routing::Candidate> varied(std::size_t count, routing::Random& random) {
  auto all = routing::testing::backends(count);
  for (auto& each : all) {
    each.tier = random.below(3);
    each.weight = 1 + random.below(4);
    each.json = random.below(5) != 0;
    each.image = random.below(3) != 0;
    each.context_length = random.below(2) == 0 ? 0 : 8'000;
    each.limits = {.requests_per_minute = random.below(2) * 600,
                   .tokens_per_minute = random.below(2) * 1'000'000,
                   .concurrency = random.below(2) * 8,
                   .backend_concurrency = random.below(2) * 16};
  }
  return all;
}

routing::CandidateState busy(routing::Random& random) {
  routing::CandidateState state;
  state.availability = static_cast<routing::Availability>(random.below(7));
  if (random.below(3) != 0) state.availability = routing::Availability::ready;
  state.no_json = random.below(9) == 0;
  state.no_image = random.below(9) == 0;
  state.share = static_cast<std::uint16_t>(random.below(1'000));
  state.calls = random.below(12);
  state.backend_calls = state.calls + random.below(12);
  state.latency = random.below(2'000'000);
  state.requests = random.below(800);
  state.tokens = random.below(1'200'000);
  if (state.availability >= routing::Availability::cooling)
    state.recovers_in = 1 + random.below(60'000'000);
  return state;
}

struct Choice {
  std::shared_ptr<const routing::CandidateSet> set;
  Decision decision;
  ReplayPolicy policy;
  routing::Snapshot snapshot;

  std::string text(std::size_t most = kMost) const { return to_text(decision, *set, most); }
  Result<std::string> again(std::string_view record) const { return replay(record, *set, policy); }
};

Choice chosen(std::size_t count, Strategy strategy, std::uint64_t seed) {
  routing::Random random(seed);
  Choice made;
  made.set = routing::testing::set_of(varied(count, random));
  made.policy.hash = kHash;
  for (std::size_t i = 0; i < count; ++i) made.snapshot.push_back(busy(random));
  Decision& d = made.decision;
  d.id = "session-7";
  d.policy = kHash;
  d.prices = "ffeeddccbbaa9988";
  d.strategy = std::string(routing::name_of(strategy));
  d.seed = routing::scramble(seed);
  d.needs_json = random.below(2) == 0;
  d.needs_image = random.below(2) == 0;
  d.tokens = random.below(10'000);
  d.excluded = {static_cast<CandidateId>(random.below(static_cast<std::uint32_t>(count)))};
  if (strategy == Strategy::cheapest) {
    made.policy.cost_limit = 900'000'000;
    for (std::size_t i = 0; i < count; ++i) d.costs.push_back(random.below(1'000'000'000));
  }
  d.state = routing::to_text(made.snapshot);
  routing::RankPolicy policy;
  policy.strategy = strategy;
  routing::Request request{.needs_json = d.needs_json,
                           .needs_image = d.needs_image,
                           .tokens = d.tokens,
                           .seed = d.seed,
                           .excluded = d.excluded,
                           .worst_case_cost = d.costs,
                           .cost_limit = made.policy.cost_limit};
  routing::rank(*made.set, policy, request, made.snapshot, d.ranking);
  d.outcome = "ok";
  return made;
}

void call(Choice& choice, CandidateId id, std::string end) {
  choice.decision.attempts.push_back({.candidate = id,
                                      .after_us = 1'500,
                                      .took_us = 1'234'567,
                                      .end = std::move(end),
                                      .reserved = 123'456'789,
                                      .charged = 72'000});
}

TEST(Decision, AChoiceByDrawnModelsIsReplayed) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    auto choice = chosen(4, Strategy::weighted, seed);
    Decision& d = choice.decision;
    d.tiers = {3, 1, 2, 0};
    routing::Request request;
    request.needs_json = d.needs_json;
    request.needs_image = d.needs_image;
    request.tokens = d.tokens;
    request.seed = d.seed;
    request.excluded = d.excluded;
    request.tiers = d.tiers;
    routing::RankPolicy policy;
    policy.strategy = Strategy::weighted;
    routing::rank(*choice.set, policy, request, choice.snapshot, d.ranking);
    const auto again = choice.again(choice.text());
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_EQ(*again, "") << choice.text();
  }
}

Value drawn() {
  return Value::object({{"kind", Value::string("json")},
                        {"n", Value::integer(3)},
                        {"seed", Value::string("0x00000000000000ff")},
                        {"models", Value::list(Value::list(Value::string("a/m"), Value::real(0.75)),
                                               Value::string("b/m"))},
                        {"pool", Value::integer(5)},
                        {"temperature", Value::real(0.7312)},
                        {"provider_seed", Value::integer(17)},
                        {"phrasing", Value::integer(2)},
                        {"phrasings", Value::integer(3)},
                        {"sections", Value::list(Value::integer(2), Value::integer(1))},
                        {"open", Value::string("<a>")},
                        {"close", Value::string("</a>")},
                        {"filters", Value::list(Value::string("NFKC"))},
                        {"image_filters", Value::integer(9)},
                        {"script", Value::list(Value::string("temperature"))}});
}

TEST(Decision, ExplainTellsWhatWasDrawnAndHowProbableItWas) {
  auto choice = chosen(2, Strategy::priority, 1);
  choice.decision.greybox = drawn();
  const auto told = explain(choice.text());
  ASSERT_TRUE(told) << told.error().to_string();
  for (const std::string_view part :
       {"drawn for a prompt of the kind json, the session's number 3, seed 0x00000000000000ff",
        "models         a/m (75.0 %), b/m and 3 more", "temperature    0.7312", "provider_seed  17",
        "phrasing       2 of 3, its sections in the order 2, 1", "delimiters     <a> and </a>",
        "filters        NFKC", "image_filters  9 of them", "by the script  temperature"})
    EXPECT_THAT(*told, HasSubstr(part));
}

TEST(Decision, ABrokenDrawIsToldAsFarAsItGoes) {
  auto choice = chosen(2, Strategy::priority, 1);
  for (Value broken :
       {Value::integer(1), Value::list(), Value::object({{"models", Value::integer(1)}}),
        Value::object({{"models", Value::list(Value::list())}}),
        Value::object({{"phrasing", Value::list()}, {"filters", Value::map()}})}) {
    choice.decision.greybox = std::move(broken);
    EXPECT_TRUE(explain(choice.text()));
  }
}

TEST(Decision, EveryStrategyIsReplayedFromASmallSet) {
  for (const auto strategy : kStrategies) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      const auto choice = chosen(4, strategy, seed);
      const auto again = choice.again(choice.text());
      ASSERT_TRUE(again) << again.error().to_string();
      EXPECT_EQ(*again, "") << routing::name_of(strategy) << ' ' << seed << '\n' << choice.text();
    }
  }
}

TEST(Decision, EveryStrategyIsReplayedFromAHundredBusyCandidates) {
  for (const auto strategy : kStrategies) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      auto choice = chosen(100, strategy, seed);
      call(choice, 3, "rate_limited");
      call(choice, 42, "");
      const auto record = choice.text();
      EXPECT_LE(record.size(), kMost);
      const auto again = choice.again(record);
      ASSERT_TRUE(again) << again.error().to_string() << '\n' << record;
      EXPECT_EQ(*again, "") << routing::name_of(strategy) << ' ' << seed << '\n' << record;
    }
  }
}

TEST(Decision, ExplainsTheOrderTheRejectedAndTheCalls) {
  auto choice = chosen(2, Strategy::priority, 1);
  choice.decision.ranking = {.ranked = {{1, routing::Reason::priority, 1, 1}},
                             .rejected = {{0, routing::Rejection::cooling, 1'500}}};
  call(choice, 1, "server_error");
  call(choice, 1, "");
  choice.decision.attempts.back().hedge = true;
  const auto told = explain(choice.text());
  ASSERT_TRUE(told);
  for (const auto* part :
       {"session-7", "strategy priority", "b1/m@https://b1.example#", "priority 1",
        "b0/m@https://b0.example#", "cooling 1500", "server_error", "took 1234.6 ms",
        "reserved 0.123456789 USD", "charged 0.000072 USD", "beside a slow one"}) {
    EXPECT_THAT(*told, HasSubstr(part));
  }
  EXPECT_THAT(*told, Not(HasSubstr("left out")));
}

TEST(Decision, KeepsAProvidersWordsAndTellsOfCorrections) {
  auto choice = chosen(2, Strategy::priority, 1);
  call(choice, 1, "content_refused");
  choice.decision.attempts.back().said = "SAFETY: the prompt was blocked";
  call(choice, 0, "unusable");
  call(choice, 0, "");
  choice.decision.attempts.back().correction = true;
  const auto told = explain(choice.text());
  ASSERT_TRUE(told);
  EXPECT_THAT(*told, HasSubstr("the provider says: SAFETY: the prompt was blocked"));
  EXPECT_THAT(*told, HasSubstr("told what was wrong with the last answer"));
  auto full = chosen(100, Strategy::latency, 5);
  for (CandidateId id = 0; id < 8; ++id) {
    call(full, id, "server_error");
    full.decision.attempts.back().said = std::string(DecisionAttempt::kSaidBytes, 'w');
  }
  const auto record = full.text();
  EXPECT_LE(record.size(), kMost);
  EXPECT_THAT(record, HasSubstr("said"));
}

TEST(Decision, ExplainsTheLengthOfThePromptAndTheLimitOfItsAnswerApart) {
  auto choice = chosen(2, Strategy::priority, 1);
  choice.decision.needs_json = true;
  choice.decision.needs_image = false;
  choice.decision.tokens = 700;
  choice.decision.answer_limit = 500;
  EXPECT_THAT(explain(choice.text()).value(),
              HasSubstr("a prompt of about 200 tokens, JSON wanted, its answer limited to 500"));
  choice.decision.answer_limit = 0;
  EXPECT_THAT(explain(choice.text()).value(), HasSubstr("no limit for its answer"));
}

TEST(Decision, WhatIsLeftOutIsNamedAndCounted) {
  auto choice = chosen(100, Strategy::latency, 5);
  call(choice, 99, "");
  const auto told = explain(choice.text());
  ASSERT_TRUE(told);
  EXPECT_THAT(*told, HasSubstr("left out or shortened, as records are bounded: order, rejected"));
  EXPECT_THAT(*told, HasSubstr(" more\n"));
  EXPECT_THAT(*told, HasSubstr("b99/m@")) << "a candidate that was called has a name";
}

TEST(Decision, StaysSmallWhateverItHolds) {
  auto choice = chosen(2'000, Strategy::latency, 5);
  for (CandidateId id = 0; id < 40; ++id) call(choice, id, "first_byte_timeout");
  const auto record = choice.text();
  EXPECT_LE(record.size(), kMost);
  const auto told = explain(record);
  ASSERT_TRUE(told);
  EXPECT_THAT(*told, HasSubstr("state, attempts"));
  EXPECT_THAT(*told, HasSubstr("candidate 39")) << "the last calls stay";
  const auto again = choice.again(record);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), codes::kMalformedSnapshot);
  EXPECT_THAT(again.error().to_string(), HasSubstr("its state was left out"));
}

TEST(Decision, WhatABudgetRefusedGoesBeforeTheState) {
  auto choice = chosen(60, Strategy::priority, 5);
  for (CandidateId id = 0; id < 50; ++id)
    choice.decision.attempts.push_back(
        {.candidate = id, .after_us = 1'000 + id, .end = "payment_required"});
  call(choice, 59, "");
  const auto record = choice.text();
  EXPECT_LE(record.size(), kMost);
  const auto again = choice.again(record);
  ASSERT_TRUE(again) << again.error().to_string() << '\n' << record;
  EXPECT_EQ(*again, "");
  const auto told = explain(record);
  ASSERT_TRUE(told);
  EXPECT_THAT(*told, HasSubstr("attempts")) << "says that some are left out";
  EXPECT_THAT(*told, HasSubstr("b59/m@"));
}

TEST(Decision, AnotherStateOrSeedGivesAnotherChoice) {
  auto choice = chosen(8, Strategy::latency, 3);
  choice.decision.state = routing::to_text(routing::Snapshot(8));
  auto again = choice.again(choice.text());
  ASSERT_TRUE(again);
  EXPECT_THAT(*again, HasSubstr("recorded"));

  choice = chosen(8, Strategy::weighted, 3);
  choice.decision.seed ^= 0xffff;
  again = choice.again(choice.text());
  ASSERT_TRUE(again);
  EXPECT_THAT(*again, HasSubstr("recorded"));
}

TEST(Decision, AnotherPolicyIsRefusedWithBothHashes) {
  auto choice = chosen(2, Strategy::priority, 1);
  const auto record = choice.text();
  choice.policy.hash = "another";
  const auto again = choice.again(record);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().to_string(), HasSubstr(std::string(kHash)));
  EXPECT_THAT(again.error().to_string(), HasSubstr("another"));
}

TEST(Decision, BrokenTextIsRefusedOrReadNeverTrusted) {
  const auto choice = chosen(5, Strategy::usage, 11);
  const auto record = choice.text();
  for (std::size_t size = 0; size < record.size(); ++size) {
    EXPECT_FALSE(explain(record.substr(0, size))) << size;
    EXPECT_FALSE(choice.again(record.substr(0, size))) << size;
  }
  routing::Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    auto broken = record;
    broken[random.below(static_cast<std::uint32_t>(broken.size()))] =
        static_cast<char>(random.below(256));
    const auto told = explain(broken);
    const auto again = choice.again(broken);
    if (told) continue;
    EXPECT_EQ(told.error().code(), codes::kDeserializing);
    EXPECT_FALSE(again);
  }
}

TEST(Decision, OtherVersionsAndOtherJsonAreNoRecords) {
  for (const auto* text : {"[]", "null", "{}", R"({"v":2})", R"({"v":"1"})", R"({"v":1.5})"}) {
    const auto told = explain(text);
    ASSERT_FALSE(told) << text;
    EXPECT_EQ(told.error().code(), codes::kDeserializing);
  }
  const auto bare =
      explain(R"({"v":1,"order":[1,[2],["x",3]],"attempts":[[]],"names":7,"of":"x"})");
  EXPECT_TRUE(bare);
}

TEST(Decision, WithDataRulesSaysWhatThePromptHeldAndIsReplayed) {
  auto all = routing::testing::backends(2);
  all[0].data.personal_data = routing::DataRule::no_personal_data;
  Choice made;
  made.set = routing::testing::set_of(all);
  made.policy.hash = kHash;
  made.snapshot.resize(2);
  Decision& d = made.decision;
  d.id = "session-1";
  d.policy = kHash;
  d.strategy = "priority";
  d.outcome = "ok";
  d.holds = {.images = false, .personal_data = true};
  routing::Request request;
  request.holds_personal_data = true;
  routing::rank(*made.set, made.policy.rank, request, made.snapshot, d.ranking);
  d.state = routing::to_text(made.snapshot);
  const auto text = made.text();
  EXPECT_THAT(text, HasSubstr("data_no_personal_data"));
  EXPECT_EQ(*made.again(text), "");
  const auto shown = explain(text);
  EXPECT_THAT(*shown, HasSubstr("with personal data"));
  EXPECT_THAT(*shown, HasSubstr("data_no_personal_data"));
}

TEST(Decision, WithADemandOfTheScriptNamesItAndIsReplayed) {
  Choice made;
  made.set = routing::testing::set_of(routing::testing::backends(3));
  made.policy.hash = kHash;
  made.snapshot.resize(3);
  Decision& d = made.decision;
  d.id = "session-1";
  d.policy = kHash;
  d.strategy = "priority";
  d.outcome = "ok";
  d.demand.regions = {"eu", "ch"};
  d.demand.zero_retention_only = true;
  d.unfit = {routing::DataRule::regions, routing::DataRule::none,
             routing::DataRule::zero_retention};
  routing::Request request;
  request.unfit = d.unfit;
  routing::rank(*made.set, made.policy.rank, request, made.snapshot, d.ranking);
  d.state = routing::to_text(made.snapshot);
  const auto text = made.text();
  EXPECT_EQ(*made.again(text), "");
  const auto shown = explain(text);
  EXPECT_THAT(*shown, HasSubstr("the script demands of its backend: eu or ch, zero retention\n"));
  EXPECT_THAT(*shown, HasSubstr("asked_regions 0"));
  EXPECT_THAT(*shown, HasSubstr("asked_zero_retention 0"));
}

TEST(Decision, ForgetsTheWordsOfProvidersAndStaysARecord) {
  Choice made = chosen(3, Strategy::priority, 5);
  made.decision.attempts = {{.candidate = 0, .end = "bad_request", .said = "canary of a prompt"}};
  const auto text = made.text();
  const auto without = without_words(text);
  ASSERT_TRUE(without);
  EXPECT_THAT(*without, Not(HasSubstr("canary")));
  EXPECT_LE(without->size(), text.size());
  EXPECT_EQ(*made.again(*without), "");
  EXPECT_FALSE(without_words(*without)) << "nothing is left to forget";
  EXPECT_FALSE(without_words("no record"));
}

}  // namespace
}  // namespace gvm::dispatch
