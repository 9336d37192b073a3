// What a script of the mock upstream may contain, and what its rules decide.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "support/mock_upstream/catalogue.h"
#include "support/mock_upstream/rule.h"

namespace gvm::mock {
namespace {

using namespace std::chrono_literals;

Call call_of(std::string model, std::string text = "hello", std::string session = "") {
  Call call;
  call.model = std::move(model);
  call.text = std::move(text);
  call.session = std::move(session);
  return call;
}

std::vector<Rule> rules_of(std::string_view json) {
  auto set = parse_rules(json);
  if (!set) ADD_FAILURE() << set.error().to_string();
  return set && set->rules ? *set->rules : std::vector<Rule>();
}

RuleBook book_of(std::string_view json, std::uint64_t seed = 1) {
  RuleBook book(seed, {});
  book.set_rules(rules_of(json), Clock::now());
  return book;
}

int status_of(RuleBook& book, const Call& call, Clock::time_point now = Clock::now()) {
  return book.decide(call, now).rule->fault.status;
}

TEST(MockRules, TheFirstThatMatchesDecides) {
  auto book = book_of(R"({"rules": [
    {"when": {"model": "a"}, "fault": {"status": 429}},
    {"when": {"prompt": "boom"}, "fault": {"status": 500}},
    {"when": {"prompt": "boom", "model": "b"}, "fault": {"status": 503}}]})");
  EXPECT_EQ(status_of(book, call_of("a", "boom")), 429);
  EXPECT_EQ(status_of(book, call_of("b", "a boom here")), 500);
  EXPECT_EQ(status_of(book, call_of("b", "hello")), 200);
}

TEST(MockRules, MatchKeySessionFormFormatAndHeaders) {
  auto book = book_of(R"({"rules": [
    {"when": {"key": "k2"}, "fault": {"status": 401}},
    {"when": {"session": "s7"}, "fault": {"status": 402}},
    {"when": {"form": "google", "json": true}, "fault": {"status": 403}},
    {"when": {"headers": {"x-team": "red"}}, "fault": {"status": 404}}]})");
  Call call = call_of("m");
  EXPECT_EQ(status_of(book, call), 200);
  call.headers = {{"x-team", "the red one"}};
  EXPECT_EQ(status_of(book, call), 404);
  call.form = Form::google;
  EXPECT_EQ(status_of(book, call), 404);
  call.json = true;
  EXPECT_EQ(status_of(book, call), 403);
  call.session = "s7";
  EXPECT_EQ(status_of(book, call), 402);
  call.key = "k2";
  EXPECT_EQ(status_of(book, call), 401);
}

TEST(MockRules, TurnsAreCountedFromOneAndAPart) {
  auto book = book_of(R"({"rules": [
    {"when": {"turns": [2, 3]}, "fault": {"status": 500}},
    {"when": {"turns": 1, "per": "session"}, "fault": {"status": 503}},
    {"when": {"model": "m", "turns": [1, null], "every": 2}, "fault": {"status": 504}}]})");
  const auto ask = [&](std::string session) { return status_of(book, call_of("m", "x", session)); };
  EXPECT_EQ(ask("a"), 503);
  EXPECT_EQ(ask("a"), 500);
  EXPECT_EQ(ask("a"), 500);
  EXPECT_EQ(ask("b"), 503) << "another session's first turn";
  EXPECT_EQ(ask("b"), 504);
  EXPECT_EQ(ask("b"), 200);
  EXPECT_EQ(ask("b"), 504);
}

TEST(MockRules, AWindowOfTimeOpensAndCloses) {
  const auto start = Clock::now();
  RuleBook book(1, {});
  book.set_rules(rules_of(R"({"rules": [
    {"when": {"from_ms": 100, "until_ms": 200}, "fault": {"status": 500}}]})"),
                 start);
  const auto at = [&](Clock::duration later) {
    return status_of(book, call_of("m"), start + later);
  };
  EXPECT_EQ(at(99ms), 200);
  EXPECT_EQ(at(100ms), 500);
  EXPECT_EQ(at(199ms), 500);
  EXPECT_EQ(at(200ms), 200);
}

TEST(MockRules, ARateIsKeptAndRepeatsWithItsSeed) {
  constexpr int kCalls = 10'000;
  const auto draw = [](std::uint64_t seed) {
    auto book = book_of(R"({"rules": [{"when": {"rate": 0.1}, "fault": {"status": 500}}]})", seed);
    std::vector<bool> out;
    for (int i = 0; i < kCalls; ++i) out.push_back(status_of(book, call_of("m")) == 500);
    return out;
  };
  const auto first = draw(7);
  EXPECT_EQ(first, draw(7));
  EXPECT_NE(first, draw(8));
  const auto failed = std::count(first.begin(), first.end(), true);
  // Six standard deviations of a binomial distribution with these numbers.
  EXPECT_NEAR(static_cast<double>(failed), kCalls * 0.1, 180);
}

TEST(MockRules, ARefusingPortSaysWhenThatChanges) {
  const auto start = Clock::now();
  RuleBook book(1, {});
  book.set_rules(rules_of(R"({"rules": [
    {"when": {"from_ms": 100, "until_ms": 300}, "fault": {"strike": "refuse"}}]})"),
                 start);
  EXPECT_FALSE(book.listening(start).refuse);
  EXPECT_EQ(book.listening(start).until, start + 100ms);
  EXPECT_TRUE(book.listening(start + 100ms).refuse);
  EXPECT_EQ(book.listening(start + 100ms).until, start + 300ms);
  EXPECT_FALSE(book.listening(start + 300ms).refuse);
  EXPECT_EQ(book.listening(start + 300ms).until, std::nullopt);
}

TEST(MockLatency, DistributionsHaveTheirShape) {
  constexpr std::uint64_t kDraws = 20'000;
  const auto share_over = [](const Latency& latency, microseconds limit) {
    std::uint64_t over = 0;
    for (std::uint64_t i = 0; i < kDraws; ++i) over += latency.draw(scramble(3, 0, i)) > limit;
    return static_cast<double>(over) / kDraws;
  };
  EXPECT_EQ(Latency::fixed(50ms).draw(1), 50ms);
  const auto uniform = Latency::uniform(10ms, 160ms);
  EXPECT_NEAR(share_over(uniform, 85ms), 0.5, 0.03);
  EXPECT_EQ(share_over(uniform, 160ms), 0);
  EXPECT_EQ(share_over(uniform, 10ms - 1us), 1);
  const auto lognormal = Latency::lognormal(50ms, 0.5, 10s);
  EXPECT_NEAR(share_over(lognormal, 50ms), 0.5, 0.03);
  // One sigma above the median of the distribution.
  EXPECT_NEAR(share_over(lognormal, microseconds(std::llround(50'000 * std::exp(0.5)))), 0.159,
              0.02);
  EXPECT_EQ(share_over(Latency::lognormal(50ms, 0.5, 60ms), 60ms), 0);
  EXPECT_NEAR(share_over(Latency::bimodal(50ms, 2s, 0.05), 1s), 0.05, 0.01);
}

TEST(MockScript, BadOnesAreRefusedWithThePlace) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"[]", "script: an object"},
      {R"({"rules": {}})", "script.rules: a list"},
      {R"({"rule": []})", "script.rule: there is no such member"},
      {R"({"rules": [{"fault": "no_such"}]})", "no fault is called no_such"},
      {R"({"rules": [{"when": {"rate": 1.5}}]})", "rules[0].when.rate"},
      {R"({"rules": [{"when": {"turns": 0}}]})", "rules[0].when.turns"},
      {R"({"rules": [{"when": {"every": 0}}]})", "rules[0].when.every"},
      {R"({"rules": [{"when": {"per": "moon"}}]})", "one of all, session, model, key"},
      {R"({"rules": [{"fault": {"strike": "cut", "at": "nowhere"}}]})", "rules[0].fault.at"},
      {R"({"rules": [{"fault": {"status": 20}}]})", "rules[0].fault.status"},
      {R"({"rules": [{"fault": {"body": {"text": {"hex": "zz"}}}}]})", "rules[0].fault.body.text"},
      {R"({"rules": [{"fault": "refuse", "when": {"model": "m"}}]})", "no condition on the prompt"},
      {R"({"latency": -1})", "script.latency"},
      {R"({"latency": {"uniform": [5, 1]}})", "script.latency.uniform"},
      {R"({"latency": {"bimodal": {"slow_share": 2}}})", "slow_share"},
      {R"({"prices": {"m": {"input": 0.15}}})", "script.prices.m.input"},
      {R"({"prices": {"m": {"input": "-1"}}})", "script.prices.m.input"},
      {R"({"rules": [{"usage": {"input": -1}}]})", "rules[0].usage.input"},
  };
  for (const auto& [script, place] : rows) {
    const auto parsed = parse_rules(script);
    ASSERT_FALSE(parsed) << script;
    EXPECT_NE(parsed.error().to_string().find(place), std::string::npos)
        << script << ": " << parsed.error().to_string();
  }
}

TEST(MockCatalogue, HasEnoughFaultsAtEveryStage) {
  const auto& faults = catalogue();
  EXPECT_GE(faults.size(), 60u);
  std::map<Part, int> stages;
  for (const auto& fault : faults) {
    EXPECT_FALSE(fault.about.empty()) << fault.name;
    if (fault.fault.at_connection() || fault.fault.strike != Strike::none)
      ++stages[fault.fault.at.part];
  }
  for (const Part part : {Part::connect, Part::accept, Part::tls, Part::request, Part::status_line,
                          Part::headers, Part::body})
    EXPECT_GE(stages[part], 1) << static_cast<int>(part);
}

}  // namespace
}  // namespace gvm::mock
