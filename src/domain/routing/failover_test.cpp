#include "routing/failover.h"

#include <gtest/gtest.h>

#include "routing/test_failover.h"

namespace gvm::routing {
namespace {

using testing::at;
using testing::called;
using testing::candidate;
using testing::fail_times;
using testing::failed;
using testing::given_up;
using testing::Prompt;

// a: two keys at two endpoints each, another model; b: another backend.
std::vector<Candidate> family() {
  return {candidate("a", "m", "https://h1", 0), candidate("a", "m", "https://h1", 1),
          candidate("a", "m", "https://h2", 0), candidate("a", "m", "https://h2", 1),
          candidate("a", "n", "https://h1", 0), candidate("b", "m", "https://h3", 0)};
}

struct NextCase {
  ErrorKind kind;
  CandidateId next;
};
class AfterAnError : public ::testing::TestWithParam<NextCase> {};

TEST_P(AfterAnError, TheNextCallGoesWhereTheTableSays) {
  Prompt prompt(family());
  const auto first = prompt.start();
  ASSERT_EQ(called(first), 0U);
  EXPECT_EQ(called(prompt.end(first, failed(GetParam().kind))), GetParam().next);
}

INSTANTIATE_TEST_SUITE_P(
    Failover, AfterAnError,
    ::testing::Values(NextCase{ErrorKind::connect, 2}, NextCase{ErrorKind::tls, 2},
                      NextCase{ErrorKind::dns, 2}, NextCase{ErrorKind::reset, 0},
                      NextCase{ErrorKind::stale_connection, 0},
                      NextCase{ErrorKind::first_byte_timeout, 1},
                      NextCase{ErrorKind::idle_timeout, 1}, NextCase{ErrorKind::total_timeout, 1},
                      NextCase{ErrorKind::cut, 2}, NextCase{ErrorKind::rate_limited, 1},
                      NextCase{ErrorKind::overloaded, 2}, NextCase{ErrorKind::server_error, 0},
                      NextCase{ErrorKind::auth, 1}, NextCase{ErrorKind::forbidden, 1},
                      NextCase{ErrorKind::payment_required, 1}, NextCase{ErrorKind::not_found, 1},
                      NextCase{ErrorKind::bad_request, 4}, NextCase{ErrorKind::context_too_long, 4},
                      NextCase{ErrorKind::capability_json, 4},
                      NextCase{ErrorKind::capability_image, 4},
                      NextCase{ErrorKind::content_refused, 4}, NextCase{ErrorKind::garbled, 1},
                      NextCase{ErrorKind::empty, 0}, NextCase{ErrorKind::no_answer, 1},
                      NextCase{ErrorKind::unusable, 0}, NextCase{ErrorKind::token_limit, 4},
                      NextCase{ErrorKind::oversize, 1}, NextCase{ErrorKind::redirect, 2}),
    [](const auto& row) { return std::string(name_of(row.param.kind)); });

TEST(Failover, AConnectionThatTheServerHadClosedCostsNoAttemptNoPauseAndNoHealth) {
  Prompt prompt({candidate("a", "m")});
  prompt.policy.limits.attempts = 1;
  auto action = prompt.start();
  for (unsigned i = 0; i < kFreeRenewals; ++i) {
    action = prompt.end(action, failed(ErrorKind::stale_connection));
    EXPECT_EQ(called(action), 0U);
    EXPECT_EQ(std::get<Attempt>(action).delay, Duration::zero());
    EXPECT_TRUE(prompt.table.proven(0, at(prompt.now)));
  }
  action = prompt.end(action, failed(ErrorKind::stale_connection));
  EXPECT_EQ(given_up(action).why, GiveUp::Why::attempts);
}

TEST(Failover, WhoABudgetRefusesUsesUpNoAttemptAndIsNotAskedAgain) {
  std::vector<Candidate> many;
  for (int i = 0; i < 40; ++i) many.push_back(candidate("b" + std::to_string(i), "m"));
  Prompt prompt(std::move(many));
  prompt.policy.limits.attempts = 2;
  auto action = prompt.start();
  for (CandidateId id = 0; id < 39; ++id) {
    ASSERT_EQ(called(action), id);
    prompt.failover->refused(id, ErrorKind::payment_required);
    action = prompt.failover->next(at(0));
  }
  EXPECT_EQ(prompt.failover->budget().attempts(), 1U) << "of the one to be called now";
  EXPECT_EQ(called(action), 39U);
  prompt.failover->refused(39, ErrorKind::payment_required);
  const auto end = given_up(prompt.failover->next(at(0)));
  EXPECT_EQ(end.why, GiveUp::Why::all_failed);
  EXPECT_EQ(end.attempts, 0U);
  EXPECT_EQ(end.last, ErrorKind::payment_required);
}

TEST(Failover, AfterARefusedKeyComesTheNextKey) {
  Prompt prompt(family());
  const auto first = prompt.start();
  ASSERT_EQ(called(first), 0U);
  prompt.failover->refused(0, ErrorKind::payment_required);
  EXPECT_EQ(called(prompt.failover->next(at(0))), 1U);
}

TEST(Failover, WhoseAnswerIsNoUseIsToldSoOnceAtOnce) {
  Prompt prompt(family());
  const auto first = prompt.start();
  EXPECT_FALSE(std::get<Attempt>(first).correction);
  const auto second = prompt.end(first, failed(ErrorKind::unusable));
  EXPECT_EQ(called(second), 0U);
  EXPECT_TRUE(std::get<Attempt>(second).correction);
  EXPECT_EQ(std::get<Attempt>(second).delay, Duration::zero());
  const auto third = prompt.end(second, failed(ErrorKind::unusable));
  EXPECT_EQ(called(third), 4U) << "no other key or endpoint of that model is asked";
  EXPECT_FALSE(std::get<Attempt>(third).correction);
  EXPECT_TRUE(prompt.table.proven(0, at(prompt.now))) << "a prompt's text opens no breaker";
}

TEST(Failover, ACorrectionThatFailedOnTheWayIsStillToBeSaid) {
  Prompt prompt({candidate("a", "m")});
  prompt.policy.per_candidate = 4;
  auto action = prompt.end(prompt.start(), failed(ErrorKind::unusable));
  for (const auto kind : {ErrorKind::stale_connection, ErrorKind::server_error}) {
    action = prompt.end(action, failed(kind));
    EXPECT_EQ(called(action), 0U);
    EXPECT_TRUE(std::get<Attempt>(action).correction);
  }
  EXPECT_GT(std::get<Attempt>(action).delay, Duration::zero()) << "after a server's error";
  EXPECT_EQ(given_up(prompt.end(action, failed(ErrorKind::unusable))).why, GiveUp::Why::all_failed);
}

TEST(Failover, ACorrectionNeedsAttemptsAndMoney) {
  Prompt few({candidate("a", "m")});
  few.policy.limits.attempts = 1;
  EXPECT_EQ(given_up(few.end(few.start(), failed(ErrorKind::unusable))).why, GiveUp::Why::attempts);
  Prompt poor({candidate("a", "m")});
  const std::vector<NanoUsd> costs = {100};
  poor.request.worst_case_cost = costs;
  poor.policy.limits.cost = 250;
  auto outcome = failed(ErrorKind::unusable);
  outcome.cost = 100;
  outcome.correction_cost = 151;
  EXPECT_EQ(given_up(poor.end(poor.start(), outcome)).why, GiveUp::Why::cost)
      << "it is longer than the first call";
  outcome.correction_cost = 150;
  const auto again = poor.end(poor.start(), outcome);
  EXPECT_TRUE(std::get<Attempt>(again).correction);
  EXPECT_EQ(poor.failover->budget().committed(), 250);
}

TEST(Failover, EndsWithWhatEndsThePrompt) {
  for (const auto kind : {ErrorKind::cancelled, ErrorKind::deadline, ErrorKind::budget}) {
    Prompt prompt(family());
    const auto end = given_up(prompt.end(prompt.start(), failed(kind)));
    EXPECT_EQ(end.why, GiveUp::Why::final_error);
    EXPECT_EQ(end.last, kind);
    EXPECT_EQ(end.attempts, 1U);
  }
}

TEST(Failover, OneAttemptBudgetForRetriesAndFallbacks) {
  Prompt prompt(testing::backends(10));
  prompt.policy.limits.attempts = 4;
  auto action = prompt.start();
  for (int i = 0; i < 4; ++i) {
    called(action);
    action = prompt.end(action, failed(ErrorKind::server_error));
  }
  const auto end = given_up(action);
  EXPECT_EQ(end.why, GiveUp::Why::attempts);
  EXPECT_EQ(prompt.failover->notes().size(), 4U);
}

TEST(Failover, PausesOnlyBeforeAskingTheSameAgain) {
  Prompt prompt(testing::backends(2));
  const auto first = prompt.start();
  EXPECT_EQ(std::get<Attempt>(first).delay, Duration::zero());
  const auto second = prompt.end(first, failed(ErrorKind::server_error));
  EXPECT_GT(std::get<Attempt>(second).delay, Duration::zero());
  EXPECT_LE(std::get<Attempt>(second).delay, prompt.policy.backoff.first);
  const auto third = prompt.end(second, failed(ErrorKind::server_error));
  EXPECT_EQ(called(third), 1U);
  EXPECT_EQ(std::get<Attempt>(third).delay, Duration::zero());
}

TEST(Failover, ThePauseNeverPassesTheDeadline) {
  Prompt prompt(testing::backends(1));
  prompt.policy.backoff = {.first = milliseconds(100'000), .longest = milliseconds(100'000)};
  prompt.policy.limits.deadline = at(200);
  const auto second = prompt.end(prompt.start(), failed(ErrorKind::server_error));
  EXPECT_LE(at(prompt.now) + std::get<Attempt>(second).delay + prompt.policy.limits.least_call,
            at(200));
}

TEST(Failover, BeginsNothingAfterTheDeadline) {
  Prompt prompt(testing::backends(3));
  prompt.policy.limits.deadline = at(1'000);
  const auto end = given_up(prompt.end(prompt.start(), failed(ErrorKind::total_timeout), 990));
  EXPECT_EQ(end.why, GiveUp::Why::deadline);
  EXPECT_EQ(end.to_error(at(990)).code(), "DEADLINE_EXCEEDED");
}

TEST(Failover, RetryAfterThatFitsIsWaitedFor) {
  Prompt prompt(testing::backends(1));
  auto limited = failed(ErrorKind::rate_limited);
  limited.retry_after = milliseconds(3'000);
  const auto action = prompt.end(prompt.start(), limited);
  ASSERT_TRUE(std::holds_alternative<Wait>(action));
  EXPECT_GE(std::get<Wait>(action).until, at(3'010));
  EXPECT_LE(std::get<Wait>(action).until, at(3'060));
  EXPECT_EQ(called(prompt.failover->next(std::get<Wait>(action).until)), 0U);
}

TEST(Failover, RetryAfterThatDoesNotFitGoesElsewhereOrSaysWhen) {
  Prompt prompt(testing::backends(2));
  auto limited = failed(ErrorKind::rate_limited);
  limited.retry_after = milliseconds(100'000);
  const auto second = prompt.end(prompt.start(), limited);
  EXPECT_EQ(called(second), 1U);
  const auto end = given_up(prompt.end(second, limited));
  EXPECT_EQ(end.why, GiveUp::Why::unavailable);
  EXPECT_EQ(end.recovers_at, at(100'010));
  const auto error = end.to_error(at(prompt.now));
  EXPECT_EQ(error.code(), "NO_PROVIDER_FOR_PROMPT");
  EXPECT_NE(error.to_string().find("may work again in 99990 ms"), std::string::npos)
      << error.to_string();
}

TEST(Failover, WaitsForTheFirstBreakerToRecover) {
  Prompt prompt(testing::backends(2));
  fail_times(prompt.table, 0, at(-200), 5);
  fail_times(prompt.table, 1, at(-400), 5);
  const auto action = prompt.start();
  ASSERT_TRUE(std::holds_alternative<Wait>(action)) << "all are open";
  const auto until = std::get<Wait>(action).until;
  EXPECT_GE(until, at(100)) << "the outage's probe of the one that opened first";
  EXPECT_LE(until, at(160));
  const auto next = prompt.failover->next(until);
  EXPECT_EQ(called(next), 1U);
  EXPECT_EQ(std::get<Attempt>(next).urgency, Urgency::outage);
}

TEST(Failover, SaysWhenTheFirstRecoversIfThatIsTooLate) {
  Prompt prompt(testing::backends(1));
  fail_times(prompt.table, 0, at(0), 5);
  prompt.policy.limits.deadline = at(300);
  const auto end = given_up(prompt.start());
  EXPECT_EQ(end.why, GiveUp::Why::unavailable);
  EXPECT_EQ(end.attempts, 0U);
  EXPECT_EQ(end.recovers_at, at(501));
}

TEST(Failover, WithoutADeadlineItsWaitsAreBoundedAllTheSame) {
  Prompt prompt(testing::backends(1));
  prompt.policy.limits.deadline = Time::max();
  prompt.policy.longest_wait = milliseconds(2'000);
  prompt.table.cool_down(0, at(0), milliseconds(2'001));
  EXPECT_EQ(given_up(prompt.start()).why, GiveUp::Why::unavailable);
}

TEST(Failover, NobodyWithTheCapabilitiesIsItsOwnAnswer) {
  auto plain = candidate("a");
  plain.image = false;
  Prompt prompt({plain});
  prompt.request.needs_image = true;
  EXPECT_EQ(given_up(prompt.start()).why, GiveUp::Why::no_candidate);
}

TEST(Failover, GoesToALongerContextAfterOneThatWasTooShort) {
  auto candidates = testing::backends(4);
  candidates[0].context_length = 8'000;
  candidates[1].context_length = 4'000;
  candidates[2].context_length = 8'000;
  candidates[3].context_length = 32'000;
  Prompt prompt(candidates);
  EXPECT_EQ(called(prompt.end(prompt.start(), failed(ErrorKind::context_too_long))), 3U);
}

TEST(Failover, ChoosesOnlyWhatTheMoneyLeftAllows) {
  Prompt prompt(testing::backends(3));
  const std::vector<NanoUsd> costs = {600, 500, 300};
  prompt.request.worst_case_cost = costs;
  prompt.policy.limits.cost = 1'000;
  auto paid = failed(ErrorKind::garbled);
  paid.cost = 600;
  const auto second = prompt.end(prompt.start(), paid);
  EXPECT_EQ(called(second), 2U);
  paid.cost = 300;
  EXPECT_EQ(given_up(prompt.end(second, paid)).why, GiveUp::Why::cost);
  EXPECT_EQ(prompt.failover->budget().committed(), 900);
}

TEST(Failover, RetriesDrawOnTheModulesBudgetButWorkingFallbacksDoNot) {
  Prompt prompt(testing::backends(2));
  while (prompt.retries.take(at(0))) {
  }
  const auto second = prompt.end(prompt.start(), failed(ErrorKind::server_error));
  EXPECT_EQ(called(second), 1U) << "not the same again, but one that works";
  EXPECT_EQ(given_up(prompt.end(second, failed(ErrorKind::server_error))).why,
            GiveUp::Why::retry_budget);
}

TEST(Failover, AFallbackThatFailedLastTimeIsARetry) {
  Prompt prompt(testing::backends(2));
  fail_times(prompt.table, 1, at(-10), 1);
  while (prompt.retries.take(at(0))) {
  }
  EXPECT_EQ(given_up(prompt.end(prompt.start(), failed(ErrorKind::garbled))).why,
            GiveUp::Why::retry_budget);
}

TEST(Failover, WhoIsNotAdmittedCostsNothing) {
  Prompt prompt(testing::backends(2));
  const auto first = prompt.start();
  ASSERT_EQ(called(first), 0U);
  prompt.table.cool_down(0, at(0), milliseconds(50'000));
  EXPECT_FALSE(prompt.table.begin(0, at(0), 0));
  prompt.failover->not_admitted(0);
  EXPECT_EQ(prompt.failover->budget().attempts(), 0U);
  EXPECT_TRUE(prompt.failover->notes().empty());
  EXPECT_EQ(called(prompt.failover->next(at(0))), 1U);
}

TEST(Failover, HedgesWithTheBestOtherCandidate) {
  Prompt prompt(testing::backends(2));
  prompt.policy.limits.attempts = 3;
  ASSERT_EQ(called(prompt.start()), 0U);
  const auto second = prompt.failover->hedge(at(50));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->candidate, 1U);
  EXPECT_EQ(second->delay, Duration::zero());
  EXPECT_TRUE(prompt.failover->hedge(at(50))) << "the same candidates once more";
  EXPECT_FALSE(prompt.failover->hedge(at(50))) << "no attempts left";
}

TEST(Failover, HedgesWithTheSameWhenThereIsNoOther) {
  Prompt prompt(testing::backends(1));
  const auto first = prompt.start();
  const auto second = prompt.failover->hedge(at(50));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->candidate, called(first));
}

TEST(Failover, KeepsNotesForTheDecisionRecord) {
  Prompt prompt(testing::backends(2));
  const auto second = prompt.end(prompt.start(), failed(ErrorKind::cut), 30);
  prompt.failover->ended(called(second), CallOutcome::success(), at(45));
  const auto notes = prompt.failover->notes();
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_EQ(notes[0].candidate, 0U);
  EXPECT_EQ(notes[0].ended, at(30));
  EXPECT_EQ(notes[0].error, ErrorKind::cut);
  EXPECT_EQ(notes[1].began, at(30));
  EXPECT_EQ(notes[1].ended, at(45));
  EXPECT_FALSE(notes[1].error);
}

}  // namespace
}  // namespace gvm::routing
