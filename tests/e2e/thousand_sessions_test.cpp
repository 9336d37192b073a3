// A thousand sessions that share one budget.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>

#include "e2e/money.h"

namespace gvm::e2e {
namespace {

using mock::MockUpstream;

// Each session has a few files at this end.
constexpr rlim_t kFiles = 16'384;

void allow_many_files() {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = std::min(limit.rlim_max, std::max(limit.rlim_cur, kFiles));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
}

struct Asked {
  int answered = 0;
  std::vector<std::string> wrong;  // neither answered nor refused by the budget
};

Asked ask_once(std::vector<std::unique_ptr<GenVm>>& sessions) {
  Asked asked;
  for (const auto& reply : ask_all(sessions, prompt("a prompt of some length"))) {
    asked.answered += reply.ok() ? 1 : 0;
    if (!reply.ok() && reply.outcome() != "UserError BUDGET_EXCEEDED")
      asked.wrong.push_back(reply.shown);
  }
  return asked;
}

TEST(ThousandSessions, NeverOverrunABudgetAndCanUseIt) {
  allow_many_files();
  MockUpstream upstream({.name = "a", .latency = mock::Latency::uniform(1ms, 20ms)});
  const TempFolder folder;
  constexpr std::int64_t kBudget = 300'000'000;  // nano-USD
  Module module({.backends = short_answers(upstream),
                 .more = pricing_of(folder) + "budgets: {b: {usd: 0.3, window: month}}\n"});
  auto sessions = open_sessions(module.port(), 1000);
  // Until no prompt is accepted: then nothing is reserved, and no call fits.
  for (int answered = 1; answered > 0;) {
    const Asked asked = ask_once(sessions);
    ASSERT_TRUE(asked.wrong.empty()) << asked.wrong.size() << " " << asked.wrong.front();
    ASSERT_LE(upstream.bill().cost_nano_usd, kBudget);
    answered = asked.answered;
  }
  const auto billed = upstream.bill();
  EXPECT_GE(billed.cost_nano_usd, kBudget * 95 / 100);
  const Reply refused = sessions.front()->ask(prompt("a prompt of some length"));
  EXPECT_EQ(ctx(refused, "/spent"), std::to_string(billed.cost_nano_usd)) << refused.shown;
  EXPECT_EQ(ctx(refused, "/reserved"), "0");
  RecordProperty("calls", std::to_string(billed.calls));
}

// No money is left in between: exactly K calls, of whichever session.
TEST(ThousandSessions, GetExactlyAsManyCallsAsABudgetOfRequestsAdmits) {
  allow_many_files();
  MockUpstream upstream({.name = "a", .latency = mock::Latency::uniform(1ms, 20ms)});
  Module module({.backends = short_answers(upstream),
                 .more = "budgets: {b: {requests: 777, window: month}}\n"});
  auto sessions = open_sessions(module.port(), 1000);
  const Asked asked = ask_once(sessions);
  EXPECT_TRUE(asked.wrong.empty()) << asked.wrong.front();
  EXPECT_EQ(asked.answered, 777);
  EXPECT_EQ(upstream.stats().calls, 777u);
}

}  // namespace
}  // namespace gvm::e2e
