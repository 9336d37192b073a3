#include <gtest/gtest.h>

#include <algorithm>

#include "routing/random.h"
#include "routing/test_failover.h"

namespace gvm::routing {
namespace {

using testing::at;
using testing::candidate;
using testing::Prompt;

// Random scenarios: in each of them a prompt ends within all of its budgets, and never calls a
// candidate that it must not call.
class RandomWorld {
 public:
  explicit RandomWorld(std::uint64_t seed) : random_(seed), prompt_(candidates()) {
    for (std::uint32_t i = 0; i < size_; ++i) {
      const int failures = random_.below(3) == 0 ? 5 : 0;
      for (int n = 0; n < failures; ++n) {
        if (auto call = prompt_.table.begin(i, at(-1), 0))
          call->finish(CallOutcome::failure(ErrorKind::server_error), at(0));
      }
      if (random_.below(4) == 0)
        prompt_.table.cool_down(i, at(0), milliseconds(random_.below(5'000)));
      costs_.push_back(random_.below(400));
      if (random_.below(5) == 0) excluded_.push_back(i);
    }
    auto& limits = prompt_.policy.limits;
    limits.attempts = 1 + random_.below(6);
    limits.deadline = at(random_.below(20'000));
    limits.cost = 1'000;
    prompt_.request.seed = seed;
    prompt_.request.worst_case_cost = costs_;
    prompt_.request.excluded = excluded_;
    prompt_.request.needs_json = random_.below(2) == 0;
  }

  void run() {
    auto action = prompt_.start();
    for (int steps = 0; steps < 10'000; ++steps) {
      if (std::holds_alternative<GiveUp>(action)) return check_end();
      if (const auto* wait = std::get_if<Wait>(&action)) {
        sleep_until(wait->until);
        ASSERT_LE(now_, prompt_.policy.limits.deadline);
      } else if (!attempt(std::get<Attempt>(action))) {
        return check_end();
      }
      if (::testing::Test::HasFatalFailure()) return;
      action = prompt_.failover->next(now_);
    }
    FAIL() << "it does not end";
  }

 private:
  std::vector<Candidate> candidates() {
    size_ = 1 + random_.below(8);
    std::vector<Candidate> out;
    for (std::uint32_t i = 0; i < size_; ++i) {
      auto one = candidate(fmt::format("b{}", i / 4), fmt::format("m{}", i / 2 % 2),
                           fmt::format("https://h{}", random_.below(3)), i);
      one.json = random_.below(4) > 0;
      one.context_length = random_.below(3) * 1'000;
      if (random_.below(3) == 0) one.limits.requests_per_minute = 2;
      out.push_back(std::move(one));
    }
    return out;
  }

  void sleep_until(Time when) {
    ASSERT_GE(when, now_);
    now_ = when;
  }

  // False when the call was answered.
  bool attempt(const Attempt& attempt) {
    now_ += attempt.delay;
    const auto& limits = prompt_.policy.limits;
    EXPECT_LE(now_, limits.deadline);
    EXPECT_LE(prompt_.failover->budget().attempts(), limits.attempts);
    EXPECT_LE(prompt_.failover->budget().committed(), *limits.cost);
    EXPECT_EQ(std::ranges::find(excluded_, attempt.candidate), excluded_.end());
    // Another prompt may have started its call first.
    if (random_.below(8) == 0)
      prompt_.table.cool_down(attempt.candidate, now_, milliseconds(random_.below(300)));
    const auto state = prompt_.table.state(attempt.candidate, now_, attempt.urgency);
    auto call = prompt_.table.begin(attempt.candidate, now_, 0, attempt.urgency);
    if (!call) {
      EXPECT_TRUE(attempt.delay > Duration::zero() || state.recovers_in > 0);
      prompt_.failover->not_admitted(attempt.candidate);
      return true;
    }
    EXPECT_EQ(state.recovers_in, 0U) << "an open candidate was called";
    ++calls_;
    CallOutcome outcome;
    if (random_.below(6) > 0) outcome.error = static_cast<ErrorKind>(random_.below(kErrorKinds));
    if (random_.below(2) == 0) outcome.retry_after = milliseconds(random_.below(3'000));
    outcome.cost = random_.below(static_cast<std::uint32_t>(costs_[attempt.candidate]) + 1);
    now_ += milliseconds(random_.below(4'000));
    call->finish(outcome, now_);
    if (outcome.error == ErrorKind::stale_connection && renewals_ < kFreeRenewals) ++renewals_;
    prompt_.failover->ended(attempt.candidate, outcome, now_);
    return outcome.error.has_value();
  }

  void check_end() {
    EXPECT_LE(calls_ - renewals_, prompt_.policy.limits.attempts);
    EXPECT_EQ(prompt_.failover->budget().attempts(), calls_ - renewals_);
    EXPECT_LE(prompt_.failover->budget().committed(), *prompt_.policy.limits.cost);
    EXPECT_EQ(prompt_.failover->notes().size(), calls_);
  }

  Random random_;
  std::uint32_t size_ = 0;
  Prompt prompt_;
  std::vector<NanoUsd> costs_;
  std::vector<CandidateId> excluded_;
  Time now_ = at(0);
  unsigned calls_ = 0;
  unsigned renewals_ = 0;
};

TEST(Failover, AlwaysEndsWithinItsBudgetsAndCallsNobodyItMustNot) {
  for (std::uint64_t seed = 0; seed < 5'000; ++seed) {
    RandomWorld world(seed);
    world.run();
    ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace gvm::routing
