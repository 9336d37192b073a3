// Strategies and limits seen from outside: how many prompts each backend got.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "e2e/money.h"

namespace gvm::e2e {
namespace {

using mock::MockUpstream;
using testing::HasSubstr;

std::uint64_t calls_of(const MockUpstream& a, const MockUpstream& b) {
  return a.stats().calls + b.stats().calls;
}

// This many calls are in flight at once, started one after another; all are answered in the end.
void fill(std::uint16_t port, MockUpstream& a, MockUpstream& b, int count) {
  auto sessions = open_sessions(port, count);
  for (int i = 0; i < count; ++i) {
    sessions[static_cast<std::size_t>(i)]->send(prompt("x"));
    const auto expected = static_cast<std::uint64_t>(i) + 1;
    ASSERT_TRUE(eventually([&] { return calls_of(a, b) == expected; }, 20s)) << i;
  }
  for (auto& session : sessions) EXPECT_TRUE(session->receive().ok());
}

TEST(Strategies, LeastBusyLevelsTheCallsInFlight) {
  const auto long_enough = mock::Latency::fixed(1500ms * kSlowness);
  MockUpstream a({.name = "a", .latency = long_enough}), b({.name = "b", .latency = long_enough});
  Module module({.backends = backend_of(a, "a", 0) + backend_of(b, "b", 0),
                 .more = "routing: {strategy: least_busy}\n"});
  fill(module.port(), a, b, 10);
  EXPECT_EQ(a.stats().most_in_flight, 5u);
  EXPECT_EQ(b.stats().most_in_flight, 5u);
}

TEST(Strategies, LeastBusyCountsAHeavyBackendsCallsForLess) {
  const auto long_enough = mock::Latency::fixed(1500ms * kSlowness);
  MockUpstream a({.name = "a", .latency = long_enough}), b({.name = "b", .latency = long_enough});
  Module module(
      {.backends = backend_of(a, "a", 0, "weight: 3") + backend_of(b, "b", 0, "weight: 1"),
       .more = "routing: {strategy: least_busy}\n"});
  fill(module.port(), a, b, 12);
  EXPECT_EQ(a.stats().most_in_flight, 9u);
  EXPECT_EQ(b.stats().most_in_flight, 3u);
}

TEST(Strategies, UsageSendsPromptsWhereMostOfTheLimitIsLeft) {
  MockUpstream a({.name = "a"}), b({.name = "b"});
  Module module({.backends = backend_of(a, "a", 0, "requests_per_minute: 100") +
                             backend_of(b, "b", 0, "requests_per_minute: 25"),
                 .more = "routing: {strategy: usage}\n"});
  GenVm genvm(module.port());
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(genvm.ask(prompt("x")).ok()) << i;
  EXPECT_NEAR(static_cast<double>(a.stats().calls), 40, 1);
  EXPECT_NEAR(static_cast<double>(b.stats().calls), 10, 1);
}

TEST(Strategies, UsageLooksAtTokensToo) {
  MockUpstream a({.name = "a"}), b({.name = "b"});
  // Each call of `a` uses a third of its minute.
  must_take(a, R"({"rules": [{"usage": {"input": 29000, "output": 1000}}]})");
  const std::string limit = "requests_per_minute: 1000, tokens_per_minute: 100000";
  Module module({.backends = backend_of(a, "a", 0, limit) + backend_of(b, "b", 0, limit),
                 .more = "routing: {strategy: usage, seed: 1}\n"});
  GenVm genvm(module.port());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(genvm.ask(prompt("x")).ok()) << i;
  EXPECT_LE(a.stats().calls, 1u);
}

TEST(Strategies, ALimitOfRequestsSendsTheRestElsewhere) {
  MockUpstream a({.name = "a"}), b({.name = "b"});
  Module module(
      {.backends = backend_of(a, "a", 2, "requests_per_minute: 5") + backend_of(b, "b", 1)});
  GenVm genvm(module.port());
  std::string answers;
  for (int i = 0; i < 8; ++i) answers += who_answered(genvm.ask(prompt("x")));
  EXPECT_EQ(answers, "aaaaabbb");
}

TEST(Strategies, ALimitOfTokensCountsWhatWasUsed) {
  MockUpstream a({.name = "a"}), b({.name = "b"});
  must_take(a, R"({"rules": [{"usage": {"input": 39000, "output": 1000}}]})");
  Module module(
      {.backends = backend_of(a, "a", 2, "tokens_per_minute: 100000") + backend_of(b, "b", 1)});
  GenVm genvm(module.port());
  std::string answers;
  for (int i = 0; i < 5; ++i) answers += who_answered(genvm.ask(prompt("x")));
  EXPECT_THAT(answers, testing::AnyOf("aaabb", "aabbb")) << "40,000 each, and the next estimate";
}

TEST(Strategies, AtItsLimitWithNobodyElseTheErrorSaysWhenItEnds) {
  MockUpstream upstream({.name = "a"});
  Module module({.backends = backend_of(upstream, "main", 0, "requests_per_minute: 2"),
                 .more = "routing: {deadline: 1s}\n"});
  GenVm genvm(module.port());
  EXPECT_TRUE(genvm.ask(prompt("x")).ok());
  EXPECT_TRUE(genvm.ask(prompt("x")).ok());
  const Reply reply = genvm.ask(prompt("x"));
  EXPECT_EQ(reply.outcome(), "FatalError NO_PROVIDER_FOR_PROMPT") << reply.shown;
  EXPECT_EQ(ctx(reply, "/why"), "unavailable") << reply.shown;
  const auto wait = text::integer_at(reply.ctx, "/recovers_in_ms").value_or(0);
  EXPECT_GT(wait, 1'000);
  EXPECT_LE(wait, 120'000) << "of a sliding minute and the one it fades in";
  EXPECT_EQ(upstream.stats().calls, 2u);
}

// The limit of a provider belongs to the account, however many hosts and models use it.
TEST(Strategies, AnAccountsLimitHoldsForAllItsHosts) {
  MockUpstream one({.name = "a"}), two({.name = "a"}), other({.name = "b"});
  Module module(
      {.backends = backend({.name = "account",
                            .host = one.url(),
                            .priority = 2,
                            .more = "hosts: [\"" + two.url() + "\"], requests_per_minute: 5"}) +
                   backend_of(other, "other", 1)});
  GenVm genvm(module.port());
  for (int i = 0; i < 12; ++i) EXPECT_TRUE(genvm.ask(prompt("x")).ok());
  EXPECT_EQ(calls_of(one, two), 5u);
}

TEST(Strategies, AnAccountsLimitHoldsForAllItsModels) {
  MockUpstream account({.name = "a"}), other({.name = "b"});
  Module module({.backends = backend({.name = "account",
                                      .host = account.url(),
                                      .models = "{m: {}, n: {}}",
                                      .priority = 2,
                                      .more = "requests_per_minute: 5"}) +
                             backend_of(other, "other", 1)});
  GenVm genvm(module.port());
  for (int i = 0; i < 12; ++i) EXPECT_TRUE(genvm.ask(prompt("x")).ok());
  EXPECT_EQ(account.stats().calls, 5u);
}

// `a` is 100 times as expensive as `b`; `max_cost` is in USD.
struct TwoPrices {
  explicit TwoPrices(const std::string& max_cost)
      : module({.backends = short_answers(dear, "a", 2) + short_answers(cheap, "b", 1),
                .more = "pricing: {file: \"" + folder.write("prices.yaml", kTwoPrices) +
                        "\"}\nrouting: {max_cost: " + max_cost + "}\n"}) {}
  static constexpr std::string_view kTwoPrices =
      "models:\n  - {model: m, backend: a, input: 300, output: 1500}\n"
      "  - {model: m, backend: b, input: 3, output: 15}\n";
  MockUpstream dear{{.name = "dear"}};
  MockUpstream cheap{{.name = "cheap"}};
  TempFolder folder;
  Module module;
};

TEST(MaxCost, OfAPromptLeavesOutWhoMightCostMore) {
  TwoPrices enough("1"), little("0.01"), nothing("0.0000001");
  GenVm rich(enough.module.port()), poor(little.module.port()), broke(nothing.module.port());
  EXPECT_EQ(who_answered(rich.ask(prompt("x"))), "dear");
  EXPECT_EQ(who_answered(poor.ask(prompt("x"))), "cheap");
  const Reply reply = broke.ask(prompt("x"));
  EXPECT_EQ(reply.outcome(), "FatalError NO_PROVIDER_FOR_PROMPT") << reply.shown;
  EXPECT_THAT(ctx(reply, "/why"), testing::AnyOf("no_candidate", "cost")) << reply.shown;
  EXPECT_EQ(nothing.dear.stats().calls + nothing.cheap.stats().calls, 0u);
}

TEST(MaxCost, IsOfAllCallsOfAPromptTogether) {
  MockUpstream upstream({.name = "a"});
  // Billed nearly the worst case, 0.0021 USD, and not usable.
  must_take(upstream,
            R"({"rules": [{"usage": {"input": 500, "output": 40}, "fault": "no_choices"}]})");
  const TempFolder folder;
  Module module({.backends = backend({.host = upstream.url(),
                                      .models = std::string(kShortAnswers),
                                      .more = "retry: {attempts: 10, backoff: 1ms}"}),
                 .more = pricing_of(folder) +
                         "routing: {max_cost: 0.005, attempts: 10, backoff: 1ms, breaker: "
                         "{failures: 0, minimum: 100000}, retry_budget: {floor: 1000}}\n"});
  GenVm genvm(module.port());
  const Reply reply = genvm.ask(prompt("x"));
  EXPECT_EQ(reply.outcome(), "FatalError NO_PROVIDER_FOR_PROMPT") << reply.shown;
  EXPECT_EQ(ctx(reply, "/why"), "cost") << reply.shown;
  EXPECT_EQ(upstream.stats().calls, 2u) << "a third one might end above it";
}

constexpr std::string_view kRecordScript = R"lua(
local llm = require("lib-llm")
function ExecPrompt(ctx, args)
  local mapped = llm.exec_prompt_transform(args)
  local answer = llm.rs.exec_prompt(ctx, { prompt = mapped.prompt, format = mapped.format })
  return { data = answer.record .. " " .. answer.provider }
end
function ExecPromptTemplate() error("not in this test") end
)lua";

class EveryStrategy : public testing::TestWithParam<const char*> {};

// On a state that changes all the time: prompts of many sessions at once, with one upstream
// failing.
TEST_P(EveryStrategy, MakesTheSameChoiceAgainFromItsRecord) {
  MockUpstream a({.name = "a", .latency = mock::Latency::uniform(1ms, 60ms)});
  MockUpstream b({.name = "b", .latency = mock::Latency::uniform(1ms, 20ms)});
  MockUpstream c({.name = "c"});
  must_take(c, R"({"rules": [{"when": {"rate": 0.3}, "fault": "status_500"}]})");
  const std::string limits = "requests_per_minute: 500, tokens_per_minute: 10000000";
  const TempFolder folder;
  Module module({.backends = backend_of(a, "a", 0, "weight: 2, " + limits) +
                             backend_of(b, "b", 0, "keys: [more], max_concurrency: 2, " + limits) +
                             backend_of(c, "c", 0),
                 .script = std::string(kRecordScript),
                 .more = pricing_of(folder) + "routing: {strategy: " + GetParam() + "}\n"});
  std::vector<std::string> records;
  auto sessions = open_sessions(module.port(), 8);
  for (int round = 0; round < 4; ++round) {
    for (const auto& reply : ask_all(sessions, prompt("x"))) {
      ASSERT_TRUE(reply.ok()) << reply.shown;
      const std::string text = reply.text();
      records.push_back(text.substr(0, text.find(' ')));
    }
  }
  module.process().signal(SIGTERM);
  ASSERT_EQ(module.process().wait_exit(60s), 0);
  for (std::size_t i = 0; i < records.size(); i += 3) {
    const auto again = test::run_program({program("genvm-modules"), "replay", records[i],
                                          "--config", module.folder().file("config.yaml")});
    EXPECT_EQ(again.out, "the same choice comes out\n") << again.err;
  }
}

INSTANTIATE_TEST_SUITE_P(Strategies, EveryStrategy,
                         testing::Values("priority", "weighted", "least_busy", "latency",
                                         "cheapest", "usage"),
                         [](const auto& strategy) { return std::string(strategy.param); });

// The k-th prompt of every session, while no call is in flight and nothing new has been learned.
TEST_P(EveryStrategy, ChoosesAlikeForTheSameSeedAndState) {
  const auto answerers = [&] {
    MockUpstream a({.name = "a"}), b({.name = "b"}), c({.name = "c"});
    const TempFolder folder;
    const std::string wide = "requests_per_minute: 1000000, weight: 2";
    Module module(
        {.backends = backend_of(a, "a", 0, wide) + backend_of(b, "b", 0, wide) +
                     backend_of(c, "c", 0, wide),
         .script = std::string(kRecordScript),
         .more = pricing_of(folder) + "routing: {seed: 11, strategy: " + GetParam() + "}\n"});
    std::string all;
    // The latency strategy depends on measured times, which vary: only its first calls are
    // compared.
    const int prompts = std::string_view(GetParam()) == "latency" ? 3 : 12;
    GenVm genvm(module.port());
    for (int i = 0; i < prompts; ++i) {
      const std::string text = genvm.ask(prompt("x")).text();
      all += text.substr(text.find(' ') + 1);
    }
    return all;
  };
  EXPECT_EQ(answerers(), answerers());
}

}  // namespace
}  // namespace gvm::e2e
