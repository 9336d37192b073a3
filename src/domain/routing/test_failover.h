#pragma once
// One prompt's failover on a virtual clock, for the tests of this folder.
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "routing/failover.h"
#include "routing/test_candidates.h"

namespace gvm::routing::testing {

inline CallOutcome failed(ErrorKind kind) {
  return CallOutcome::failure(kind);
}

// One prompt against a table, on a virtual clock.
struct Prompt {
  HealthTable table;
  RetryBudget retries;
  FailoverPolicy policy;
  RankPolicy ranking;
  Request request;
  std::optional<Failover> failover;
  std::int64_t now = 0;

  explicit Prompt(std::vector<Candidate> candidates, HealthPolicy health = {})
      : table(set_of(std::move(candidates)), health) {
    policy.limits.deadline = at(60'000);
  }
  Action start() {
    request.now = at(now);
    failover.emplace(table, retries, ranking_of(table, ranking, request), request, policy);
    return failover->next(at(now));
  }
  // Makes the attempt, which ends as given, and asks for the next action.
  Action end(const Action& action, const CallOutcome& outcome, std::int64_t took = 10) {
    const auto& attempt = std::get<Attempt>(action);
    now += static_cast<std::int64_t>(to_micros(attempt.delay) / 1000);
    auto running = table.begin(attempt.candidate, at(now), request.tokens, attempt.urgency);
    EXPECT_TRUE(running);
    now += took;
    running->finish(outcome, at(now));
    failover->ended(attempt.candidate, outcome, at(now));
    return failover->next(at(now));
  }
};

inline CandidateId called(const Action& action) {
  EXPECT_TRUE(std::holds_alternative<Attempt>(action));
  const auto* attempt = std::get_if<Attempt>(&action);
  return attempt != nullptr ? attempt->candidate : 9'999;
}

inline GiveUp given_up(const Action& action) {
  EXPECT_TRUE(std::holds_alternative<GiveUp>(action));
  const auto* end = std::get_if<GiveUp>(&action);
  return end != nullptr ? *end : GiveUp{};
}

}  // namespace gvm::routing::testing
