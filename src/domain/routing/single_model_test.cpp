#include "routing/single_model.h"

#include <gtest/gtest.h>

#include "routing/test_failover.h"

namespace gvm::routing {
namespace {

using namespace testing;

constexpr int kStatuses[] = {429, 503};

CallOutcome with_status(int status, ErrorKind kind = ErrorKind::server_error) {
  CallOutcome outcome = CallOutcome::failure(kind);
  outcome.status = status;
  return outcome;
}

// One model with two keys.
struct Step {
  HealthTable table{
      set_of({candidate("b", "m", "https://h", 0), candidate("b", "m", "https://h", 1)}),
      HealthPolicy()};
  RepeatPolicy policy{.attempts = 3,
                      .backoff = {.first = milliseconds(100), .longest = milliseconds(300)},
                      .statuses = kStatuses};
  std::optional<SingleModel> plan;

  Action start() {
    plan.emplace(table, std::vector<CandidateId>{0, 1}, 0, 7, policy);
    return plan->next(at(0));
  }
  Action end(const Action& action, const CallOutcome& outcome, std::int64_t now) {
    const auto& attempt = std::get<Attempt>(action);
    auto call = table.begin(attempt.candidate, at(now), 0, attempt.urgency);
    EXPECT_TRUE(call) << "it is never refused";
    call->finish(outcome, at(now));
    plan->ended(attempt.candidate, outcome, at(now));
    return plan->next(at(now));
  }
};

TEST(SingleModel, RepeatsTheStatusesOfTheRuleAndConnectionFailures) {
  RepeatPolicy rule{.statuses = kStatuses};
  EXPECT_TRUE(is_transient(with_status(429), rule));
  EXPECT_FALSE(is_transient(with_status(401), rule));
  EXPECT_TRUE(is_transient(failed(ErrorKind::connect), rule));
  EXPECT_TRUE(is_transient(failed(ErrorKind::dns), rule));
  EXPECT_FALSE(is_transient(failed(ErrorKind::garbled), rule));
  EXPECT_FALSE(is_transient(failed(ErrorKind::first_byte_timeout), rule));
  rule.network_errors = false;
  EXPECT_FALSE(is_transient(failed(ErrorKind::connect), rule));
}

TEST(SingleModel, WaitsWhatTheUpstreamAsksForWhenItIsAskedAgain) {
  Step step;
  step.policy.attempts = 9;
  auto action = step.start();
  auto outcome = with_status(503, ErrorKind::overloaded);
  outcome.retry_after = milliseconds(250);
  action = step.end(action, outcome, 0);
  EXPECT_EQ(called(action), 1u) << "the other key need not wait";
  EXPECT_LE(std::get<Attempt>(action).delay, milliseconds(125));
  action = step.end(action, outcome, 0);
  EXPECT_EQ(called(action), 0u) << "both wait equally long";
}

TEST(SingleModel, BacksOffTwiceAsLongEachTimeUpToTheMaximum) {
  const BackoffPolicy policy{.first = milliseconds(100), .longest = milliseconds(300)};
  Random random(1);
  for (int i = 0; i < 100; ++i) {
    const auto first = backoff_with_quarter_jitter(policy, 1, random);
    EXPECT_GE(first, milliseconds(100));
    EXPECT_LE(first, milliseconds(125));
    EXPECT_GE(backoff_with_quarter_jitter(policy, 2, random), milliseconds(200));
    EXPECT_EQ(backoff_with_quarter_jitter(policy, 9, random), milliseconds(300));
  }
}

TEST(SingleModel, GivesUpWhenItsAttemptsAreUsedUp) {
  Step step;
  auto action = step.start();
  for (int i = 0; i < 3; ++i) action = step.end(action, with_status(503), 10 * i);
  EXPECT_EQ(given_up(action).why, GiveUp::Why::attempts);
  EXPECT_EQ(given_up(action).attempts, 3u);
}

TEST(SingleModel, TellsOnceWhatWasWrongAsFarAsItsAttemptsGo) {
  Step step;
  auto action = step.start();
  EXPECT_FALSE(std::get<Attempt>(action).correction);
  action = step.end(action, failed(ErrorKind::unusable), 0);
  EXPECT_TRUE(std::get<Attempt>(action).correction);
  EXPECT_EQ(std::get<Attempt>(action).delay, Duration::zero());
  action = step.end(action, failed(ErrorKind::unusable), 1);
  EXPECT_EQ(given_up(action).why, GiveUp::Why::final_error);
  Step once;
  once.policy.attempts = 1;
  EXPECT_EQ(given_up(once.end(once.start(), failed(ErrorKind::unusable), 0)).why,
            GiveUp::Why::attempts);
}

TEST(SingleModel, GivesUpWhatIsNotTransient) {
  Step step;
  auto action = step.start();
  action = step.end(action, with_status(400, ErrorKind::bad_request), 0);
  EXPECT_EQ(given_up(action).why, GiveUp::Why::final_error);
}

TEST(SingleModel, DoesNotWaitPastTheDeadline) {
  Step step;
  step.policy.deadline = at(50);
  auto action = step.start();
  action = step.end(action, with_status(503), 0);
  EXPECT_EQ(given_up(action).why, GiveUp::Why::deadline);
}

TEST(SingleModel, CallsAgainAtOnceWhenTheServerHadClosedTheConnection) {
  Step step;
  step.policy.attempts = 1;
  auto action = step.start();
  for (unsigned i = 0; i < kFreeRenewals; ++i) {
    action = step.end(action, failed(ErrorKind::stale_connection), 0);
    EXPECT_EQ(called(action), 0u);
    EXPECT_EQ(std::get<Attempt>(action).delay, Duration::zero());
  }
  action = step.end(action, failed(ErrorKind::stale_connection), 0);
  EXPECT_EQ(given_up(action).why, GiveUp::Why::attempts) << "it does not go on for ever";
}

TEST(SingleModel, IsCalledWhileItsBreakerIsOpen) {
  Step step;
  step.policy.attempts = 20;
  auto action = step.start();
  for (int i = 0; i < 19; ++i) {
    action = step.end(action, with_status(503), i);
    EXPECT_TRUE(std::holds_alternative<Attempt>(action));
  }
}

TEST(SingleModel, NeverAsksACandidateThatADataRuleForbids) {
  Ranking ranking;
  ranking.rejected = {{0, Rejection::open, 1},
                      {1, Rejection::data_regions, 0},
                      {2, Rejection::excluded, 0},
                      {3, Rejection::data_no_images, 0}};
  EXPECT_EQ(candidates_of(ranking), std::vector<CandidateId>{0});
}

}  // namespace
}  // namespace gvm::routing
