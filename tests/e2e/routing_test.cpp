// Which model gets a prompt, which is next after a failure, and what is remembered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/json.h"
#include "e2e/mocks.h"
#include "support/http_server.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::e2e {
namespace {

using mock::MockUpstream;
using testing::HasSubstr;

std::map<std::string, int> count_answers(GenVm& genvm, int prompts) {
  std::map<std::string, int> counts;
  for (int i = 0; i < prompts; ++i) ++counts[who_answered(genvm.ask(prompt("x")))];
  return counts;
}

std::size_t calls_with(const MockUpstream& upstream, std::string_view key) {
  const auto calls = upstream.calls();
  return static_cast<std::size_t>(
      std::ranges::count_if(calls, [&](const auto& call) { return call.key == key; }));
}

std::string available(std::string_view backend, int endpoint = 1, int key = 1) {
  return "genvm_llm_candidate_available{backend=\"" + std::string(backend) +
         "\",model=\"m\",endpoint=\"" + std::to_string(endpoint) + "\",key=\"" +
         std::to_string(key) + "\"}";
}

TEST(Routing, ARefusedKeyIsFollowedByTheNextKeyAndNotAskedAgain) {
  MockUpstream upstream({.name = "a"});
  must_take(upstream, R"({"rules": [{"when": {"key": "first-key"}, "fault": "status_401"}]})");
  Module module(
      {.backends = backend_of(upstream, "main", 0, "key: first-key, keys: [second-key]")});
  GenVm genvm(module.port());
  EXPECT_EQ(count_answers(genvm, 10)["a"], 10);
  EXPECT_EQ(calls_with(upstream, "first-key"), 1u);
  EXPECT_EQ(calls_with(upstream, "second-key"), 10u);
  EXPECT_EQ(module.metric(available("main", 1, 1)), 0) << module.http("/metrics");
  EXPECT_EQ(module.metric(available("main", 1, 2)), 1);
}

TEST(Routing, ARefusingHostIsFollowedByTheNextHost) {
  const test::RefusingPort refusing;
  MockUpstream upstream({.name = "a"});
  Module module({.backends = backend(
                     {.host = refusing.url(""), .more = "hosts: [\"" + upstream.url() + "\"]"})});
  GenVm genvm(module.port());
  EXPECT_EQ(count_answers(genvm, 20)["a"], 20);
  EXPECT_EQ(upstream.stats().calls, 20u);
  EXPECT_EQ(module.metric(available("main", 1)), 0) << "its breaker is open by now";
  EXPECT_EQ(module.metric(available("main", 2)), 1);
}

TEST(Routing, WeightsAreSharesOfThePrompts) {
  MockUpstream a({.name = "a"}), b({.name = "b"});
  Module module(
      {.backends = backend_of(a, "a", 0, "weight: 3") + backend_of(b, "b", 0, "weight: 1"),
       .more = "routing: {strategy: weighted, seed: 7}\n"});
  GenVm genvm(module.port());
  auto counts = count_answers(genvm, 200);
  EXPECT_GT(counts["a"], 120);
  EXPECT_LT(counts["a"], 180);
  EXPECT_EQ(counts["a"] + counts["b"], 200);
}

std::string answerers(std::uint16_t port) {
  GenVm genvm(port);
  std::string all;
  for (int i = 0; i < 40; ++i) all += who_answered(genvm.ask(prompt("x")));
  return all;
}

TEST(Routing, TheSameSeedGivesTheSameChoices) {
  MockUpstream a({.name = "a"}), b({.name = "b"});
  const std::string backends = backend_of(a, "a", 0) + backend_of(b, "b", 0);
  Module one({.backends = backends, .more = "routing: {strategy: weighted, seed: 7}\n"});
  Module two({.backends = backends, .more = "routing: {strategy: weighted, seed: 7}\n"});
  const auto first = answerers(one.port());
  EXPECT_EQ(answerers(one.port()), first) << "of another session";
  EXPECT_EQ(answerers(two.port()), first) << "of another module";
}

TEST(Routing, ARandomSeedGivesEverySessionChoicesOfItsOwn) {
  MockUpstream a({.name = "a"}), b({.name = "b"});
  Module module({.backends = backend_of(a, "a", 0) + backend_of(b, "b", 0),
                 .more = "routing: {strategy: weighted}\n"});
  EXPECT_NE(answerers(module.port()), answerers(module.port()));
}

TEST(Routing, TheFasterOneGetsNearlyAll) {
  MockUpstream slow({.name = "slow", .latency = mock::Latency::fixed(150ms)});
  MockUpstream fast({.name = "fast"});
  Module module({.backends = backend_of(slow, "a", 0) + backend_of(fast, "b", 0),
                 .more = "routing: {strategy: latency, seed: 3}\n"});
  GenVm genvm(module.port());
  EXPECT_GE(count_answers(genvm, 60)["fast"], 55);
}

TEST(Routing, TheCheapestGetsAllAndUnknownPricesComeLast) {
  MockUpstream dear({.name = "dear"}), cheap({.name = "cheap"}), unknown({.name = "unknown"});
  const TempFolder folder;
  const auto prices = folder.write("prices.yaml",
                                   "models:\n  - {model: m, backend: a, input: 3, output: 15}\n"
                                   "  - {model: m, backend: b, input: 1, output: 5}\n");
  Module module({.backends = backend_of(dear, "a", 0) + backend_of(cheap, "b", 0) +
                             backend_of(unknown, "c", 0),
                 .more = "routing: {strategy: cheapest}\npricing: {file: \"" + prices +
                         "\", unknown_reserve: 5}\n"});
  GenVm genvm(module.port());
  EXPECT_EQ(count_answers(genvm, 10)["cheap"], 10);
  always(cheap, "status_404");
  EXPECT_EQ(who_answered(genvm.ask(prompt("x"))), "dear");
  always(dear, "status_404");
  EXPECT_EQ(who_answered(genvm.ask(prompt("x"))), "unknown");
}

TEST(Routing, MaxConcurrencyHoldsAndTheOthersWaitTheirTurn) {
  MockUpstream upstream({.name = "a", .latency = mock::Latency::fixed(30ms)});
  Module module({.backends = backend_of(upstream, "main", 0, "max_concurrency: 2")});
  auto sessions = open_sessions(module.port(), 12);
  for (const auto& reply : ask_all(sessions, prompt("x"))) EXPECT_EQ(who_answered(reply), "a");
  EXPECT_EQ(upstream.stats().most_in_flight, 2u);
  EXPECT_EQ(upstream.stats().calls, 12u);
}

TEST(Routing, WhoFindsTheQueueFullGoesElsewhere) {
  MockUpstream narrow({.name = "narrow", .latency = mock::Latency::fixed(300ms)});
  MockUpstream wide({.name = "wide", .latency = mock::Latency::fixed(100ms)});
  Module module({.backends = backend_of(narrow, "a", 2, "max_concurrency: 1, max_queue: 1") +
                             backend_of(wide, "b", 1)});
  auto sessions = open_sessions(module.port(), 10);
  std::map<std::string, int> counts;
  for (const auto& reply : ask_all(sessions, prompt("x"))) ++counts[who_answered(reply)];
  EXPECT_EQ(counts["narrow"] + counts["wide"], 10);
  EXPECT_GE(counts["wide"], 8);
  EXPECT_EQ(narrow.stats().most_in_flight, 1u);
}

TEST(Routing, ABreakerOpensAndComesBack) {
  MockUpstream a({.name = "a"}), b({.name = "b"});
  Module module({.backends = backend_of(a, "a", 2) + backend_of(b, "b", 1),
                 .more = "routing: {breaker: {failures: 3, open: 300ms, ramp: 100ms}}\n"});
  GenVm genvm(module.port());
  EXPECT_EQ(who_answered(genvm.ask(prompt("x"))), "a");
  EXPECT_EQ(module.metric(available("a")), 1);
  always(a, "status_500");
  EXPECT_EQ(count_answers(genvm, 6)["b"], 6);
  EXPECT_EQ(module.metric(available("a")), 0);
  EXPECT_LE(a.stats().calls, 1u + 3u + 1u) << "then it is left alone, but for a probe";
  must_take(a, R"({"rules": []})");
  EXPECT_TRUE(eventually([&] { return who_answered(genvm.ask(prompt("x"))) == "a"; }, 10s));
  EXPECT_TRUE(module.wait_for_metric(available("a"), 1, 10s));
}

TEST(Routing, RetryAfterIsHonoured) {
  MockUpstream upstream({.name = "a"});
  must_take(upstream, R"({"rules": [{"when": {"turns": [1, 1]}, "fault": "status_429_seconds"}]})");
  Module module({.backends = backend_of(upstream, "main", 0)});
  GenVm genvm(module.port());
  EXPECT_EQ(who_answered(genvm.ask(prompt("x"))), "a");
  const auto calls = upstream.calls();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_GE(calls[1].received - calls[0].answered, 1900ms);
}

TEST(Routing, WhenNobodyRecoversInTimeTheErrorSaysWhen) {
  MockUpstream upstream({.name = "a"});
  always(upstream, "status_429_hour");
  Module module({.backends = backend_of(upstream, "main", 0)});
  GenVm genvm(module.port());
  const auto begins = Clock::now();
  for (int i = 0; i < 3; ++i) {
    const Reply reply = genvm.ask(prompt("x"));
    EXPECT_EQ(reply.outcome(), "FatalError NO_PROVIDER_FOR_PROMPT");
    EXPECT_EQ(text::string_at(reply.ctx, "/why"), "unavailable") << reply.shown;
    const auto wait = text::integer_at(reply.ctx, "/recovers_in_ms").value_or(0);
    EXPECT_GT(wait, 3'400'000);
    EXPECT_LE(wait, 3'600'000);
  }
  EXPECT_LT(Clock::now() - begins, 5s * kSlowness);
  EXPECT_EQ(upstream.stats().calls, 1u);
}

TEST(Routing, AMissingJsonModeIsLearned) {
  MockUpstream a({.name = "a"}), b({.name = "b"});
  must_take(a, R"({"rules": [{"when": {"json": true}, "fault": {"status": 400, "body":
    {"text": "{\"error\": {\"message\": \"'response_format' is not supported\", \"param\": \"response_format\", \"code\": \"unsupported_parameter\"}}"}}}]})");
  Module module({.backends = backend_of(a, "a", 2) + backend_of(b, "b", 1)});
  GenVm genvm(module.port());
  for (int i = 0; i < 5; ++i) {
    const Reply reply = genvm.ask(json_prompt("x"));
    EXPECT_THAT(reply.shown, HasSubstr("b answers"));
  }
  EXPECT_EQ(a.stats().calls, 1u);
  EXPECT_EQ(who_answered(genvm.ask(prompt("x"))), "a") << "text it can";
  EXPECT_EQ(module.metric(available("a")), 1);
}

TEST(Routing, ThePromptsDeadlineEndsACallThatHangs) {
  MockUpstream upstream({.name = "a"});
  always(upstream, "silence_after_request");
  Module module(
      {.backends = backend_of(upstream, "main", 0), .more = "routing: {deadline: 500ms}\n"});
  GenVm genvm(module.port(), hello_a(), 20s);
  const auto begins = Clock::now();
  const Reply reply = genvm.ask(prompt("x"));
  EXPECT_EQ(reply.outcome(), "FatalError DEADLINE_EXCEEDED") << reply.shown;
  EXPECT_LT(Clock::now() - begins, 500ms + 1500ms * kSlowness);
}

TEST(Routing, ThePromptsDeadlineEndsWaitingForABackend) {
  MockUpstream upstream({.name = "a", .latency = mock::Latency::fixed(30s)});
  Module module({.backends = backend_of(upstream, "main", 0, "max_concurrency: 1"),
                 .more = "routing: {deadline: 500ms}\n"});
  auto sessions = open_sessions(module.port(), 3);
  const auto begins = Clock::now();
  for (const auto& reply : ask_all(sessions, prompt("x"))) {
    EXPECT_EQ(reply.outcome(), "FatalError DEADLINE_EXCEEDED") << reply.shown;
  }
  EXPECT_LT(Clock::now() - begins, 500ms + 1500ms * kSlowness);
}

TEST(Routing, ATotalOutageIsNotMadeWorse) {
  MockUpstream a({.name = "a"}), b({.name = "b"});
  constexpr int kSessions = 40, kRounds = 5;
  constexpr double kBurst = 20, kFloor = 1;  // retries saved up, and a second
  Module module({.backends = backend_of(a, "a", 0) + backend_of(b, "b", 0),
                 .more = "routing: {deadline: 1s, retry_budget: {floor: 1}}\n"});
  always(a, "status_500");
  always(b, "status_500");
  auto sessions = open_sessions(module.port(), kSessions);
  const auto begins = Clock::now();
  for (int round = 0; round < kRounds; ++round) {
    for (const auto& reply : ask_all(sessions, prompt("x"))) EXPECT_FALSE(reply.ok());
  }
  const auto seconds = std::chrono::duration<double>(Clock::now() - begins).count();
  const auto attempts = static_cast<double>(a.stats().calls + b.stats().calls);
  EXPECT_LE(attempts, 1.1 * kSessions * kRounds + kBurst + kFloor * seconds);
  must_take(a, R"({"rules": []})");
  EXPECT_TRUE(eventually([&] { return sessions[0]->ask(prompt("x")).ok(); }, 5s));
}

constexpr std::string_view kRouteScript = R"lua(
local lib = require("lib-genvm")
local llm = require("lib-llm")
function ExecPrompt(ctx, args)
  local prompt = { user_message = args.prompt, images = {}, temperature = 0.5, max_tokens = 10 }
  local request = { prompt = prompt, format = "text" }
  if args.prompt == "without a" then request.exclude = { { provider = "a" } } end
  if args.prompt == "wrong" then request.strategy = "best" end
  local route = llm.rs.route(ctx, request)
  if args.prompt == "first" then
    local answer = llm.rs.exec_prompt(ctx, request)
    return { data = route.candidates[1].provider .. answer.provider }
  end
  local out = {}
  for _, list in ipairs({ route.candidates, route.rejected }) do
    for _, each in ipairs(list) do
      out[#out + 1] = each.provider .. "/" .. each.model .. " " .. each.endpoint .. each.key .. " " .. each.tier
        .. " " .. each.reason
    end
    out[#out + 1] = "|"
  end
  return { data = table.concat(out, "; ") }
end
function ExecPromptTemplate() error("not asked") end
)lua";

TEST(Routing, RouteListsTheCandidatesWithReasonsAndCallsNobody) {
  MockUpstream a({.name = "a"}), b({.name = "b"});
  Module module({.backends = backend_of(a, "a", 5) + backend_of(b, "b", 1, "key: k1, keys: [k2]"),
                 .script = std::string(kRouteScript)});
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(prompt("x")).text(),
            "a/m 11 0 priority 0; b/m 11 1 priority 1; b/m 12 1 priority 2; |; |");
  EXPECT_EQ(genvm.ask(prompt("without a")).text(),
            "b/m 11 1 priority 1; b/m 12 1 priority 2; |; a/m 11 0 excluded 0; |");
  const Reply wrong = genvm.ask(prompt("wrong"));
  EXPECT_THAT(wrong.shown, HasSubstr("strategy: expected priority"));
  EXPECT_EQ(a.stats().calls + b.stats().calls, 0u);
}

TEST(Routing, RouteShowsWhoThePromptWillGoTo) {
  MockUpstream a({.name = "a"}), b({.name = "b"});
  Module module({.backends = backend_of(a, "a", 0) + backend_of(b, "b", 0),
                 .script = std::string(kRouteScript),
                 .more = "routing: {strategy: weighted}\n"});
  GenVm genvm(module.port());
  for (int i = 0; i < 20; ++i) {
    const std::string both = genvm.ask(prompt("first")).text();
    EXPECT_TRUE(both == "aa" || both == "bb") << both;
  }
}

}  // namespace
}  // namespace gvm::e2e
