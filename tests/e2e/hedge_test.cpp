// A second call for a slow answer, and what happens to calls whose prompt is over.
#include <gtest/gtest.h>

#include <algorithm>

#include "e2e/mocks.h"

namespace gvm::e2e {
namespace {

using mock::MockUpstream;

constexpr std::string_view kSlowOnes =
    R"({"rules": [{"when": {"prompt": "slow"}, "latency": 20000}]})";
constexpr std::string_view kHedging =
    "routing: {hedge: {enabled: true, after: 100ms, share: 0.5}}\n";
// 5 ms without load (bench has the release figure); the rest allows for sanitizers and a busy
// machine.
constexpr std::chrono::milliseconds kCancelled = 100ms + 400ms * kSlowness;

// Of calls whose client disconnected while they were in flight.
std::size_t abandoned(const MockUpstream& upstream) {
  return upstream.stats().abandoned;
}

struct Pair {
  explicit Pair(std::string more = std::string(kHedging), std::string of_first = {})
      : module({.backends = backend_of(first, "first", 2, std::move(of_first)) +
                            backend_of(second, "second", 1),
                .more = std::move(more)}) {
    must_take(first, kSlowOnes);
  }
  MockUpstream first{{.name = "first"}};
  MockUpstream second{{.name = "second"}};
  Module module;
};

TEST(Hedge, ASlowAnswerIsOvertakenByASecondCallAndCancelled) {
  Pair pair;
  GenVm genvm(pair.module.port(), hello_a(), 15s);
  const auto begins = Clock::now();
  EXPECT_EQ(who_answered(genvm.ask(prompt("slow"))), "second");
  EXPECT_LT(Clock::now() - begins, 100ms + 1000ms * kSlowness);
  EXPECT_TRUE(pair.first.wait([](const auto& stats) { return stats.abandoned == 1; }, kCancelled));
  EXPECT_TRUE(pair.first.wait([](const auto& stats) { return stats.in_flight == 0; }, kCancelled));
}

TEST(Hedge, AFastAnswerNeedsNoSecondCall) {
  Pair pair("routing: {hedge: {enabled: true, after: 10s}}\n");
  GenVm genvm(pair.module.port());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(who_answered(genvm.ask(prompt("fast"))), "first");
  EXPECT_EQ(pair.second.stats().calls, 0u);
}

// The number of calls that the prompts of these sessions took, from the log's "answered".
int calls_of_two_prompts(std::string_view after) {
  MockUpstream upstream({.name = "a", .latency = mock::Latency::fixed(600ms)});
  Module module(
      {.backends = backend_of(upstream, "main", 0, "max_concurrency: 1"),
       .more = "routing: {hedge: {enabled: true, after: " + std::string(after) + ", share: 1}}\n",
       .log_level = "debug"});
  auto sessions = open_sessions(module.port(), 2);
  for (const auto& reply : ask_all(sessions, prompt("x"))) EXPECT_EQ(who_answered(reply), "a");
  // Lines come after replies.
  const auto lines = [&](const std::string& part) {
    const auto out = module.process().out();
    int found = 0;
    for (auto at = out.find(part); at != out.npos; at = out.find(part, at + 1)) ++found;
    return found;
  };
  EXPECT_TRUE(eventually([&] { return lines("\"answered\"") == 2; }, 10s));
  int calls = 0;
  for (const int number : {1, 2, 3, 4})
    calls += number * lines("\"attempts\":" + std::to_string(number));
  return calls;
}

TEST(Hedge, TheQueueOfABackendIsNoSlowness) {
  // The second prompt waits 600 ms for its turn and 600 ms for its answer.
  EXPECT_EQ(calls_of_two_prompts("1000ms"), 2);
  EXPECT_GT(calls_of_two_prompts("100ms"), 2) << "the answer itself is slow";
}

TEST(Hedge, AFailureBeforeItsTimeIsFollowedAtOnce) {
  Pair pair("routing: {hedge: {enabled: true, after: 20s}}\n");
  always(pair.first, "status_404");
  GenVm genvm(pair.module.port(), hello_a(), 15s);
  const auto begins = Clock::now();
  EXPECT_EQ(who_answered(genvm.ask(prompt("x"))), "second");
  EXPECT_LT(Clock::now() - begins, 10s);
}

TEST(Hedge, WhenTheSecondFailsTheFirstStillAnswers) {
  Pair pair;
  must_take(pair.first, R"({"rules": [{"when": {"prompt": "slow"}, "latency": 1000}]})");
  always(pair.second, "status_500");
  GenVm genvm(pair.module.port());
  EXPECT_EQ(who_answered(genvm.ask(prompt("slow"))), "first");
  EXPECT_EQ(abandoned(pair.first), 0u);
}

TEST(Hedge, WhenBothFailTheThirdAnswers) {
  MockUpstream a({.name = "a", .latency = mock::Latency::fixed(300ms)}), b({.name = "b"}),
      c({.name = "c"});
  always(a, "status_404");
  always(b, "status_404");
  Module module({.backends = backend_of(a, "a", 3) + backend_of(b, "b", 2) + backend_of(c, "c", 1),
                 .more = std::string(kHedging)});
  GenVm genvm(module.port());
  EXPECT_EQ(who_answered(genvm.ask(prompt("x"))), "c");
}

TEST(Hedge, TheLosersPermitComesBack) {
  Pair pair(std::string(kHedging), "max_concurrency: 1");
  GenVm genvm(pair.module.port(), hello_a(), 15s);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(who_answered(genvm.ask(prompt("slow"))), "second");
  EXPECT_EQ(who_answered(genvm.ask(prompt("x"))), "first");
  EXPECT_EQ(pair.module.metric(
                R"(genvm_llm_candidate_calls{backend="first",model="m",endpoint="1",key="1"})"),
            0);
}

TEST(Hedge, ManyAtOnceLeaveNothingBehind) {
  Pair pair;
  must_take(pair.first, R"({"rules": [{"when": {"prompt": "slow"}, "latency": 1500}]})");
  auto sessions = open_sessions(pair.module.port(), 30);
  for (int round = 0; round < 3; ++round) {
    // Second calls are limited to a share of the first ones: prompts without one wait for their
    // answer.
    for (const auto& reply : ask_all(sessions, prompt("slow"))) EXPECT_TRUE(reply.ok());
  }
  for (auto* upstream : {&pair.first, &pair.second}) {
    EXPECT_TRUE(upstream->wait([](const auto& stats) { return stats.in_flight == 0; }, 5s));
  }
  EXPECT_EQ(pair.first.stats().calls, 90u);
  EXPECT_GT(pair.second.stats().calls, 20u);
  EXPECT_LE(pair.second.stats().calls, 20u + 45u) << "the share, and what was saved up";
}

TEST(Hedge, AClientThatLeavesTakesBothCallsWithIt) {
  Pair pair;
  must_take(pair.second, kSlowOnes);
  auto genvm = std::make_unique<GenVm>(pair.module.port());
  genvm->send(prompt("slow"));
  ASSERT_TRUE(pair.first.wait_for_calls(1, 20s));
  ASSERT_TRUE(pair.second.wait_for_calls(1, 20s));
  genvm->ws().reset();
  for (auto* upstream : {&pair.first, &pair.second}) {
    EXPECT_TRUE(upstream->wait([](const auto& stats) { return stats.abandoned == 1; }, kCancelled));
  }
  EXPECT_TRUE(pair.module.wait_for_sessions(0));
}

TEST(Cancellation, ReachesTheUpstreamSocketAndThePermitComesBack) {
  MockUpstream upstream({.name = "a"});
  must_take(upstream, kSlowOnes);
  Module module({.backends = backend_of(upstream, "main", 0, "max_concurrency: 2")});
  for (int round = 0; round < 10; ++round) {
    upstream.reset();
    GenVm running(module.port()), also(module.port()), queued(module.port());
    running.send(prompt("slow"));
    also.send(prompt("slow"));
    ASSERT_TRUE(upstream.wait_for_calls(2, 20s));
    queued.send(prompt("slow"));
    for (auto* genvm : {&queued, &running, &also}) genvm->ws().reset();
    ASSERT_TRUE(upstream.wait([](const auto& stats) { return stats.in_flight == 0; }, kCancelled));
    EXPECT_TRUE(module.wait_for_sessions(0));
  }
  auto sessions = open_sessions(module.port(), 4);
  for (const auto& reply : ask_all(sessions, prompt("x"))) EXPECT_EQ(who_answered(reply), "a");
  EXPECT_LE(upstream.stats().most_in_flight, 2u);
}

}  // namespace
}  // namespace gvm::e2e
