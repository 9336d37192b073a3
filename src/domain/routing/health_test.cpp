#include "routing/health.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "routing/random.h"
#include "routing/test_candidates.h"

namespace gvm::routing {
namespace {

using testing::at;
using testing::call;
using testing::candidate;
using testing::fail_times;

const auto kTook = milliseconds(20);

CallOutcome rate_limited(milliseconds retry_after) {
  return {.error = ErrorKind::rate_limited, .retry_after = retry_after};
}

TEST(HealthTable, ShowsACallWhileItRuns) {
  HealthTable table(testing::set_of(testing::backends(2)), {});
  {
    const auto running = table.begin(0, at(0), 10).value();
    EXPECT_EQ(table.state(0, at(30)).calls, 1U);
    EXPECT_EQ(table.state(0, at(30)).backend_calls, 1U);
    EXPECT_EQ(table.state(0, at(30)).latency, 30'000U) << "at least its age";
    EXPECT_EQ(table.state(1, at(30)).calls, 0U);
  }
  EXPECT_EQ(table.state(0, at(30)), CandidateState{}) << "left without a result: nothing remains";
}

TEST(HealthTable, MovingACallMovesItsDuty) {
  HealthTable table(testing::set_of(testing::backends(2)), {});
  auto one = table.begin(0, at(0), 0).value();
  auto two = table.begin(1, at(0), 0).value();
  one = std::move(two);
  EXPECT_EQ(table.state(0, at(0)).calls, 0U);
  EXPECT_EQ(table.state(1, at(0)).calls, 1U);
  one.finish(CallOutcome::success(), at(1));
  one.finish(CallOutcome::success(), at(1));
  EXPECT_EQ(table.state(1, at(0)).calls, 0U) << "finishing twice counts once";
}

// What a prompt can bring about: a contract may send as many of them as it likes.
TEST(HealthTable, WhatATextCanBringAboutOpensNoBreaker) {
  for (const auto kind :
       {ErrorKind::empty, ErrorKind::no_answer, ErrorKind::unusable, ErrorKind::token_limit,
        ErrorKind::content_refused, ErrorKind::bad_request, ErrorKind::context_too_long,
        ErrorKind::oversize}) {
    HealthTable table(testing::set_of(testing::backends(1)), {});
    for (int i = 0; i < 50; ++i) call(table, 0, at(i * 100), kTook, CallOutcome::failure(kind));
    EXPECT_EQ(table.breaker(0, at(5'000)), BreakerState::closed) << name_of(kind);
    EXPECT_EQ(table.state(0, at(5'000)).availability, Availability::ready) << name_of(kind);
  }
}

TEST(HealthTable, APauseThatSaysNothingIsTheUsualOne) {
  const std::pair<milliseconds, milliseconds> rows[] = {{milliseconds(0), milliseconds(1'000)},
                                                        {milliseconds(-5), milliseconds(1'000)},
                                                        {milliseconds(1), milliseconds(100)},
                                                        {milliseconds(250), milliseconds(250)}};
  for (const auto& [asked, pause] : rows) {
    HealthTable table(testing::set_of(testing::backends(1)), {});
    call(table, 0, at(0), kTook, rate_limited(asked));
    EXPECT_EQ(table.free_at(0, at(20), 0, Urgency::normal), at(20) + pause) << asked.count();
  }
}

TEST(HealthTable, CooldownsOnlyEverLengthen) {
  HealthTable table(testing::set_of(testing::backends(1)), {});
  call(table, 0, at(0), kTook, rate_limited(milliseconds(30'000)));
  const auto until = table.free_at(0, at(20), 0, Urgency::normal);
  EXPECT_EQ(until, at(30'020));
  table.cool_down(0, at(21), milliseconds(1'000));
  EXPECT_EQ(table.free_at(0, at(21), 0, Urgency::normal), until);
  table.cool_down(0, at(21), milliseconds(60'000));
  EXPECT_EQ(table.free_at(0, at(21), 0, Urgency::normal), at(60'021));
  EXPECT_EQ(table.state(0, at(21)).availability, Availability::cooling);
  EXPECT_FALSE(table.begin(0, at(60'020), 0, Urgency::outage)) << "not even in an outage";
  EXPECT_TRUE(table.begin(0, at(60'021), 0));
}

TEST(HealthTable, ACallMadeRegardlessIsNeverRefusedAndIsLearnedFrom) {
  auto limited = candidate("b", "m");
  limited.limits.requests_per_minute = 1;
  HealthTable table(testing::set_of({limited}), {});
  call(table, 0, at(0), kTook, rate_limited(milliseconds(30'000)));
  ASSERT_FALSE(table.begin(0, at(100), 0, Urgency::outage)) << "cooling, and its minute is full";
  auto failing = table.begin(0, at(100), 5, Urgency::regardless);
  ASSERT_TRUE(failing);
  failing->finish(CallOutcome::failure(ErrorKind::not_found), at(120));
  EXPECT_EQ(table.breaker(0, at(121)), BreakerState::open);
  EXPECT_EQ(table.state(0, at(121)).requests, 2U) << "counted over its limit";

  auto probe = table.begin(0, at(122), 5, Urgency::regardless);
  auto beside = table.begin(0, at(122), 5, Urgency::regardless);
  ASSERT_TRUE(probe && beside) << "open, and being probed";
  beside->finish(CallOutcome::failure(ErrorKind::not_found), at(130));
  EXPECT_EQ(table.breaker(0, at(131)), BreakerState::half_open) << "only the probe is judged";
  probe->finish(CallOutcome::success(), at(140));
  EXPECT_EQ(table.breaker(0, at(141)), BreakerState::ramp);
}

TEST(HealthTable, AbsurdCooldownsAreCut) {
  HealthTable table(testing::set_of(testing::backends(1)), {});
  call(table, 0, at(0), kTook, rate_limited(milliseconds(INT64_MAX / 2'000'000)));
  EXPECT_EQ(table.free_at(0, at(20), 0, Urgency::normal), at(20) + table.policy().longest_cooldown);
}

TEST(HealthTable, ARateLimitWithoutATimeCoolsForTheDefault) {
  HealthTable table(testing::set_of(testing::backends(1)), {});
  call(table, 0, at(0), kTook, CallOutcome::failure(ErrorKind::rate_limited));
  EXPECT_EQ(table.free_at(0, at(20), 0, Urgency::normal), at(20) + table.policy().cooldown);
  EXPECT_FALSE(table.proven(0, at(2'000)));
  EXPECT_EQ(table.breaker(0, at(2'000)), BreakerState::closed);
}

class CallersFault : public ::testing::TestWithParam<ErrorKind> {};

TEST_P(CallersFault, DoesNotCountAgainstHealth) {
  HealthTable table(testing::set_of(testing::backends(1)), {});
  fail_times(table, 0, at(0), 200, GetParam());
  EXPECT_EQ(table.breaker(0, at(1)), BreakerState::closed);
  EXPECT_TRUE(table.proven(0, at(1)));
  EXPECT_EQ(table.state(0, at(1)).availability, Availability::ready);
}

INSTANTIATE_TEST_SUITE_P(HealthTable, CallersFault,
                         ::testing::Values(ErrorKind::bad_request, ErrorKind::context_too_long,
                                           ErrorKind::capability_json, ErrorKind::capability_image,
                                           ErrorKind::content_refused, ErrorKind::cancelled,
                                           ErrorKind::deadline, ErrorKind::budget),
                         [](const auto& kind) { return std::string(name_of(kind.param)); });

TEST(HealthTable, EveryErrorOfTheUpstreamOpensWhatIsToBlame) {
  for (const auto& rule : failover_table()) {
    if (rule.effect != Effect::failure && rule.effect != Effect::decisive) continue;
    // one with the same endpoint, one with the same key, one unrelated
    HealthTable table(
        testing::set_of({candidate("a", "m", "https://h", 0), candidate("a", "n", "https://h", 1),
                         candidate("a", "n", "https://g", 0), candidate("z")}),
        {});
    fail_times(table, 0, at(0), rule.effect == Effect::decisive ? 1 : 5, rule.kind);
    const auto open = [&](CandidateId id) { return table.state(id, at(2)).recovers_in > 0; };
    EXPECT_TRUE(open(0)) << name_of(rule.kind);
    EXPECT_EQ(open(1), rule.blame == Blame::endpoint) << name_of(rule.kind);
    EXPECT_EQ(open(2), rule.blame == Blame::key) << name_of(rule.kind);
    EXPECT_FALSE(open(3)) << name_of(rule.kind);
  }
}

TEST(HealthTable, RemembersWhatACandidateCannotDo) {
  HealthPolicy policy;
  policy.capability_memory = milliseconds(60'000);
  HealthTable table(testing::set_of(testing::backends(1)), policy);
  call(table, 0, at(0), kTook, CallOutcome::failure(ErrorKind::capability_json));
  EXPECT_TRUE(table.state(0, at(59'000)).no_json);
  EXPECT_FALSE(table.state(0, at(59'000)).no_image);
  EXPECT_FALSE(table.state(0, at(62'000)).no_json);
}

TEST(HealthTable, ADeadlineBlamesWhoeverWasSilentForLong) {
  HealthTable table(testing::set_of(testing::backends(2)), {});
  for (int i = 0; i < 5; ++i) {
    call(table, 0, at(0), table.policy().deadline_blame, CallOutcome::failure(ErrorKind::deadline));
    call(table, 1, at(0), milliseconds(500), CallOutcome::failure(ErrorKind::deadline));
  }
  EXPECT_EQ(table.breaker(0, at(20'001)), BreakerState::open);
  EXPECT_EQ(table.breaker(1, at(20'001)), BreakerState::closed);
}

TEST(HealthTable, AProbeThatIsAnsweredWithARefusalShowsLife) {
  HealthTable table(testing::set_of(testing::backends(1)), {});
  fail_times(table, 0, at(0), 5);
  ASSERT_EQ(table.breaker(0, at(2)), BreakerState::open);
  call(table, 0, at(2'000), kTook, CallOutcome::failure(ErrorKind::content_refused));
  EXPECT_EQ(table.breaker(0, at(2'020)), BreakerState::ramp);
}

TEST(HealthTable, ACancelledProbeLeavesTheNextOneDue) {
  HealthTable table(testing::set_of(testing::backends(1)), {});
  fail_times(table, 0, at(0), 5);
  call(table, 0, at(2'000), kTook, CallOutcome::failure(ErrorKind::cancelled));
  EXPECT_EQ(table.state(0, at(2'020)).availability, Availability::probe);
  {
    const auto left = table.begin(0, at(2'021), 0).value();
  }
  EXPECT_EQ(table.state(0, at(2'022)).availability, Availability::probe);
}

TEST(HealthTable, KeepsMinuteLimitsAndGivesBackWhatWasNotUsed) {
  auto limited = candidate("a");
  limited.limits = {.requests_per_minute = 3, .tokens_per_minute = 1'000};
  HealthTable table(testing::set_of({limited}), {});
  auto one = table.begin(0, at(0), 900).value();
  EXPECT_EQ(table.begin(0, at(0), 200).error(), AdmissionRefusal::tokens_full);
  one.finish({.tokens = 100}, at(5));
  EXPECT_EQ(table.state(0, at(5)).tokens, 100U);
  EXPECT_EQ(table.state(0, at(5)).requests, 1U) << "a refused call leaves nothing";
  call(table, 0, at(6), kTook);
  call(table, 0, at(7), kTook);
  EXPECT_EQ(table.begin(0, at(8), 1).error(), AdmissionRefusal::requests_full);
  const auto when = table.free_at(0, at(8), 1, Urgency::normal);
  EXPECT_GT(when, at(60'000));
  EXPECT_TRUE(table.begin(0, when, 1));
}

TEST(HealthTable, ARefusedBeginGivesEveryProbeBack) {
  auto limited = candidate("a");
  limited.limits.requests_per_minute = 5;
  HealthTable table(testing::set_of({limited}), {});
  fail_times(table, 0, at(0), 5);
  EXPECT_EQ(table.begin(0, at(2'000), 0).error(), AdmissionRefusal::requests_full);
  EXPECT_EQ(table.breaker(0, at(2'000)), BreakerState::open);
  EXPECT_TRUE(table.begin(0, at(130'000), 0));
}

TEST(HealthTable, BeginAgreesWithFreeAt) {
  Random random(11);
  auto candidates = testing::backends(6);
  candidates[1].limits = {.requests_per_minute = 20, .tokens_per_minute = 500};
  candidates[2].endpoint = candidates[3].endpoint;
  HealthTable table(testing::set_of(candidates), {});
  for (int i = 0; i < 20'000; ++i) {
    const auto now = at(i * 50);
    const auto id = random.below(6);
    const auto tokens = random.below(60);
    const auto urgency = random.below(4) == 0 ? Urgency::outage : Urgency::normal;
    const bool free = table.free_at(id, now, tokens, urgency) <= now;
    auto begun = table.begin(id, now, tokens, urgency);
    ASSERT_EQ(begun.has_value(), free) << "step " << i;
    if (!begun) continue;
    const auto kind = static_cast<ErrorKind>(random.below(kErrorKinds));
    begun->finish(random.below(3) == 0 ? CallOutcome::success() : CallOutcome::failure(kind),
                  now + kTook);
  }
}

TEST(HealthTable, InheritsWhatWasLearnedByLabel) {
  HealthTable old(testing::set_of({candidate("a"), candidate("b"), candidate("c")}), {});
  call(old, 0, at(0), milliseconds(120));
  fail_times(old, 1, at(0), 5);
  call(old, 2, at(0), kTook, rate_limited(milliseconds(9'000)));
  call(old, 2, at(10'000), kTook, CallOutcome::failure(ErrorKind::capability_image));
  HealthTable fresh(
      testing::set_of({candidate("new"), candidate("c"), candidate("b"), candidate("a")}), {});
  fresh.inherit(old);
  EXPECT_EQ(fresh.state(0, at(20)), CandidateState{});
  EXPECT_EQ(fresh.state(1, at(20)).availability, Availability::cooling);
  EXPECT_TRUE(fresh.state(1, at(20)).no_image);
  EXPECT_EQ(fresh.breaker(2, at(20)), BreakerState::open);
  EXPECT_EQ(fresh.state(3, at(120)).latency, 120'000U);
}

std::string no_mark(CandidateId) {
  return "k";
}

TEST(HealthTable, InheritsTheSameAsText) {
  auto candidates = std::vector{candidate("a"), candidate("b"), candidate("c")};
  candidates[0].limits.requests_per_minute = 10;
  HealthTable old(testing::set_of(candidates), {});
  call(old, 0, at(0), milliseconds(120));
  fail_times(old, 1, at(0), 5);
  call(old, 2, at(0), kTook, rate_limited(milliseconds(9'000)));
  call(old, 2, at(10'000), kTook, CallOutcome::failure(ErrorKind::capability_image));
  HealthTable fresh(
      testing::set_of({candidate("new"), candidates[2], candidates[1], candidates[0]}), {});
  fresh.inherit(old.to_text(no_mark), no_mark);
  EXPECT_EQ(fresh.state(0, at(20)), CandidateState{});
  EXPECT_EQ(fresh.state(1, at(20)), old.state(2, at(20)));
  // Not all of it: probes are spread by position.
  EXPECT_EQ(fresh.state(2, at(20)).availability, old.state(1, at(20)).availability);
  EXPECT_EQ(fresh.state(3, at(120)), old.state(0, at(120)));
  EXPECT_EQ(fresh.breaker(2, at(20)), BreakerState::open);
}

TEST(HealthTable, ANewKeyInheritsNothing) {
  HealthTable old(testing::set_of({candidate("a"), candidate("b")}), {});
  fail_times(old, 0, at(0), 5);
  fail_times(old, 1, at(0), 5);
  HealthTable fresh(testing::set_of({candidate("a"), candidate("b")}), {});
  fresh.inherit(old.to_text(no_mark), [](CandidateId id) { return id == 0 ? "k" : "new"; });
  EXPECT_EQ(fresh.breaker(0, at(20)), BreakerState::open);
  EXPECT_EQ(fresh.breaker(1, at(20)), BreakerState::closed);
}

TEST(HealthTable, LeavesOutWhatIsNoLineOfIt) {
  HealthTable table(testing::set_of({candidate("a")}), {});
  const std::string start = table.candidates().label(0) + "\tk";
  for (const auto& text :
       {std::string(), std::string("\n\n"), start, start + "\t1", start + "\tx y", "\t" + start,
        start + "\t1 2 3 4 5 6 7 8 9 10 11 12", start + "\t-1 2 3 4 5 6 7 8 9 10 11",
        std::string("other\tk\t1 1 1 1 1 1 1 1 1 1 1"), std::string(100'000, '\t')}) {
    table.inherit(text, no_mark);
    EXPECT_EQ(table.state(0, at(20)), CandidateState{}) << text.substr(0, 80);
  }
}

TEST(HealthTable, ComesBackToRestAfterManyThreads) {
  auto candidates = testing::backends(4);
  candidates[0].endpoint = candidates[1].endpoint;
  HealthTable table(testing::set_of(candidates), {});
  std::vector<std::jthread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Random random(t);
      for (int i = 0; i < 5'000; ++i) {
        auto begun = table.begin(random.below(4), at(i), 5);
        if (!begun || random.below(10) == 0) continue;
        begun->finish(random.below(4) == 0
                          ? CallOutcome::failure(static_cast<ErrorKind>(random.below(kErrorKinds)))
                          : CallOutcome::success(),
                      at(i + 3));
      }
    });
  }
  threads.clear();
  const auto later = at(100'000'000);
  for (CandidateId id = 0; id < 4; ++id) {
    EXPECT_EQ(table.state(id, later).calls, 0U);
    EXPECT_EQ(table.state(id, later).backend_calls, 0U);
    EXPECT_TRUE(table.begin(id, later, 0)) << "no probe was lost";
  }
}

}  // namespace
}  // namespace gvm::routing
