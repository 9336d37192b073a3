// Budgets are not exceeded, every call is in the ledger, and the ledger agrees with the upstream's
// bill.
#include "e2e/money.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <set>

#include "base/json.h"
#include "ledger/open_ledger.h"
#include "support/http_server.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::e2e {
namespace {

using mock::MockUpstream;
using testing::HasSubstr;
using testing::Not;

struct Spent {
  std::int64_t calls = 0;
  std::int64_t errors = 0;
  std::int64_t uncertain = 0;
  std::int64_t nano_usd = 0;
};

std::unique_ptr<store::LedgerReader> reader_of(const TempFolder& folder) {
  store::LedgerOptions options;
  options.folder = folder.file("data");
  auto reader = ledger::open_reader(options);
  if (!reader) throw std::runtime_error(reader.error().to_string());
  return std::move(*reader);
}

Spent spent_in(const TempFolder& folder) {
  const auto rows = reader_of(folder)->usage({});
  if (!rows) throw std::runtime_error(rows.error().to_string());
  Spent spent;
  for (const auto& row : *rows) {
    spent.calls += row.calls;
    spent.errors += row.errors;
    spent.uncertain += row.uncertain;
    spent.nano_usd += row.nano_usd.to_i64().value_or(-1);
  }
  return spent;
}

// Settled calls reach the database in groups, every 20 ms.
Spent spent_after(const Module& module, std::int64_t calls) {
  Spent spent;
  eventually([&] { return (spent = spent_in(module.folder())).calls >= calls; }, 10s);
  return spent;
}

TEST(Money, TheLedgerIsTheUpstreamsBillToTheNanoUsd) {
  MockUpstream upstream({.name = "a"});
  const TempFolder folder;
  Module module({.backends = short_answers(upstream), .more = pricing_of(folder)});
  GenVm genvm(module.port());
  for (int i = 0; i < 10; ++i)
    EXPECT_TRUE(genvm.ask(prompt(std::string(static_cast<std::size_t>(i) * 7 + 1, 'x'))).ok());
  const Spent spent = spent_after(module, 10);
  EXPECT_EQ(spent.calls, 10);
  EXPECT_EQ(spent.uncertain, 0);
  EXPECT_EQ(spent.nano_usd, upstream.bill().cost_nano_usd);
}

TEST(Money, OfAHedgesLoserIsInTheLedger) {
  MockUpstream slow({.name = "slow", .latency = mock::Latency::fixed(5s)}), fast({.name = "fast"});
  const TempFolder folder;
  Module module(
      {.backends = short_answers(slow, "a", 2) + short_answers(fast, "b", 1),
       .more = pricing_of(folder) + "routing: {hedge: {enabled: true, after: 50ms, share: 1}}\n"});
  GenVm genvm(module.port());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(who_answered(genvm.ask(prompt("x"))), "fast");
  const Spent spent = spent_after(module, 6);
  EXPECT_EQ(spent.calls, 6);
  EXPECT_EQ(spent.uncertain, 3) << "what the losers cost was never said";
  EXPECT_GE(spent.nano_usd, slow.bill().cost_nano_usd + fast.bill().cost_nano_usd);
}

TEST(Money, AClientThatLeavesIsChargedTheWorstCase) {
  MockUpstream upstream({.name = "a", .latency = mock::Latency::fixed(20s)});
  const TempFolder folder;
  Module module({.backends = short_answers(upstream),
                 .more = pricing_of(folder) + "budgets: {b: {usd: 1, window: day}}\n"});
  {
    GenVm genvm(module.port());
    genvm.send(prompt("x"));
    ASSERT_TRUE(upstream.wait_for_calls(1, 20s));
    genvm.ws().reset();
    ASSERT_TRUE(upstream.wait([](const auto& stats) { return stats.in_flight == 0; }, 5s));
  }
  const Spent spent = spent_after(module, 1);
  EXPECT_EQ(spent.calls, 1);
  EXPECT_EQ(spent.uncertain, 1);
  EXPECT_GE(spent.nano_usd, upstream.bill().cost_nano_usd);
  EXPECT_GT(spent.nano_usd, 0);
}

TEST(Money, AFaultsAnswersAreChargedAtLeastTheirBill) {
  MockUpstream bad({.name = "bad"}), good({.name = "good"});
  const TempFolder folder;
  Module module(
      {.backends = short_answers(bad, "a", 2) + short_answers(good, "b", 1),
       .more = pricing_of(folder) + "routing: {breaker: {failures: 0, minimum: 1000}}\n"});
  GenVm genvm(module.port());
  for (const auto* fault : {"cut_in_body", "reset_in_body", "gzip_broken", "json_cut", "no_choices",
                            "empty_content", "usage_missing", "usage_strings", "usage_negative",
                            "usage_huge", "cut_after_request", "length_too_long", "bad_utf8"}) {
    SCOPED_TRACE(fault);
    always(bad, fault);
    const auto before = bad.bill().cost_nano_usd + good.bill().cost_nano_usd;
    const auto calls = bad.stats().calls + good.stats().calls;
    const Spent spent = spent_in(module.folder());
    EXPECT_TRUE(genvm.ask(prompt("x")).ok());
    const auto made = static_cast<std::int64_t>(bad.stats().calls + good.stats().calls - calls);
    const Spent after = spent_after(module, spent.calls + made);
    EXPECT_EQ(after.calls - spent.calls, made);
    EXPECT_GE(after.nano_usd - spent.nano_usd,
              bad.bill().cost_nano_usd + good.bill().cost_nano_usd - before);
  }
}

// A server that closes kept connections: some when they are used again, some before that.
TEST(Money, ReusedConnectionsThatAServerClosesCostNothing) {
  for (const auto* after : {"close_silently", "close"}) {
    SCOPED_TRACE(after);
    MockUpstream upstream({.name = "a"});
    must_take(upstream, R"({"rules": [{"fault": {"after": ")" + std::string(after) + "\"}}]}");
    const TempFolder folder;
    Module module({.backends = short_answers(upstream), .more = pricing_of(folder)});
    GenVm genvm(module.port());
    EXPECT_TRUE(genvm.ask(prompt("x")).ok());
    const auto one = upstream.bill().cost_nano_usd;
    for (int i = 1; i < 10; ++i) EXPECT_TRUE(genvm.ask(prompt("x")).ok());
    const Spent spent = spent_after(module, 10);
    EXPECT_EQ(upstream.stats().delivered, 10U);
    EXPECT_EQ(spent.uncertain, 0);
    // Not the server's bill: it may have begun on a request that came just before it closed.
    EXPECT_EQ(spent.nano_usd, 10 * one) << "nothing was charged in vain";
  }
}

// The worst of them takes the second request on a kept connection and closes without a byte.
TEST(Money, RequestsLostOnReusedConnectionsCostNothing) {
  std::set<std::size_t> seen;
  test::HttpServer server([&](const auto& request) {
    test::HttpServer::Reply reply{.headers = {{"content-type", "application/json"}},
                                  .body = openai_answer("y")};
    if (!seen.insert(request.connection).second) reply.behaviour = test::HttpServer::Behaviour::cut;
    return reply;
  });
  const TempFolder folder;
  Module module(
      {.backends =
           backend({.name = "main", .host = server.url(""), .models = std::string(kShortAnswers)}),
       .more = pricing_of(folder)});
  GenVm genvm(module.port());
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(genvm.ask(prompt("x")).ok());
  EXPECT_GT(server.request_count(), 10U) << "some were lost";
  const Spent spent = spent_after(module, static_cast<std::int64_t>(server.request_count()));
  EXPECT_EQ(spent.uncertain, 0);
  constexpr std::int64_t kAnswer = 11 * 3'000 + 5 * 15'000;  // nano-USD
  EXPECT_EQ(spent.nano_usd, 10 * kAnswer);
}

// What a provider bills for a failure of its own is not known: the model's configuration decides.
TEST(Money, AServerErrorCostsWhatTheModelSays) {
  for (const bool worst_case : {false, true}) {
    SCOPED_TRACE(worst_case);
    MockUpstream bad({.name = "bad"}), good({.name = "good"});
    const TempFolder folder;
    const std::string models =
        "{m: {max_tokens: {default: 40, ceiling: 40}, charge_server_errors: " +
        std::string(worst_case ? "worst_case" : "never") + "}}";
    Module module(
        {.backends = backend({.name = "a", .host = bad.url(), .models = models, .priority = 2}) +
                     short_answers(good, "b", 1),
         .more = pricing_of(folder) + "routing: {breaker: {failures: 0, minimum: 1000}}\n"});
    GenVm genvm(module.port());
    std::int64_t calls = 0;
    std::int64_t others = 0;  // what the server errors cost
    for (const auto* fault : {"status_500", "status_503", "status_520", "html_502"}) {
      always(bad, fault);
      EXPECT_EQ(who_answered(genvm.ask(prompt("x"))), "good") << fault;
      calls = static_cast<std::int64_t>(bad.stats().calls + good.stats().calls);
      others = spent_after(module, calls).nano_usd - good.bill().cost_nano_usd;
    }
    const Spent spent = spent_after(module, calls);
    const auto failed = static_cast<std::int64_t>(bad.stats().calls);
    EXPECT_GE(failed, 4);
    EXPECT_EQ(spent.uncertain, worst_case ? failed : 0) << "flagged where it was charged";
    constexpr std::int64_t kOutput = 40 * 15'000;  // nano-USD
    if (worst_case)
      EXPECT_GE(others, failed * kOutput);
    else
      EXPECT_EQ(others, 0);
  }
}

TEST(Money, AnUnknownPriceIsChargedAtItsReserveAndFlagged) {
  MockUpstream upstream({.name = "a"});
  Module module(
      {.backends = backend_of(upstream, "main", 0), .more = "pricing: {unknown_reserve: 0.25}\n"});
  GenVm genvm(module.port());
  EXPECT_TRUE(genvm.ask(prompt("x")).ok());
  EXPECT_TRUE(genvm.ask(prompt("x")).ok());
  const Spent spent = spent_after(module, 2);
  EXPECT_EQ(spent.nano_usd, 500'000'000);
  EXPECT_EQ(spent.uncertain, 2);
}

TEST(Money, ACatalogueWithAStrayBraceStopsTheStartWithItsLine) {
  const TempFolder folder;
  const auto prices = folder.write("prices.yaml",
                                   "models:\n  - model: m\n    input: 3}\n"
                                   "    output: 15\n");
  const auto config = write_config(folder, {.backends = backend_at("http://127.0.0.1:1"),
                                            .more = "pricing: {file: \"" + prices + "\"}\n"});
  const auto result = test::run_program({program("genvm-llm"), "--config", config});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.err + result.out, HasSubstr("prices.yaml:3:"));
  EXPECT_THAT(result.err + result.out, HasSubstr("input"));
}

TEST(Money, AChangedCatalogueIsTakenAndAFaultyOneRefusedWhileTheModuleRuns) {
  MockUpstream upstream({.name = "a"});
  const TempFolder folder;
  Module module({.backends = short_answers(upstream),
                 .more = pricing_of(folder, ", gen_per_usd: 1000000000, reload_every: 20ms")});
  GenVm genvm(module.port());
  const auto consumed = [&] { return genvm.ask(prompt("x")).consumed.to_string(); };
  const auto first = consumed();
  folder.write("prices.yaml", "models:\n  - {model: m, input: 6, output: 30}\n");
  EXPECT_TRUE(module.wait_for_metric("genvm_llm_prices_taken_total", 1, 10s));
  const auto doubled = std::to_string(2 * std::stoll(first));
  EXPECT_EQ(consumed(), doubled);

  folder.write("prices.yaml", "models:\n  - {model: m, input: 6, output: 30}}\n");
  EXPECT_TRUE(module.wait_for_metric("genvm_llm_prices_refused_total", 1, 10s));
  EXPECT_EQ(module.metric("genvm_llm_prices_outdated"), 1);
  EXPECT_TRUE(module.process().wait_for_line("prices.yaml:2:", 5s)) << "names file and line";
  EXPECT_EQ(consumed(), doubled) << "the old one stays";

  folder.write("prices.yaml", kPrices);
  EXPECT_TRUE(module.wait_for_metric("genvm_llm_prices_taken_total", 2, 10s));
  EXPECT_EQ(module.metric("genvm_llm_prices_outdated"), 0);
  EXPECT_EQ(consumed(), first);
}

constexpr std::string_view kAskScript = R"lua(
local lib = require("lib-genvm")
local llm = require("lib-llm")
function ExecPrompt(ctx, args)
  local prompt = { user_message = args.prompt, images = {}, temperature = 0.5, max_tokens = 40 }
  if args.prompt == "steps" then
    local outcomes = {}
    for _, provider in ipairs({ "a", "b" }) do
      local ok, answer = pcall(llm.rs.exec_prompt_in_provider, ctx,
        { provider = provider, model = "m", format = "text", prompt = prompt })
      outcomes[#outcomes + 1] = ok and "ok" or lib.rs.as_user_error(answer).causes[1]
      if ok then
        return { data = table.concat(outcomes, " ") .. " " .. tostring(answer.consumed_gen),
          consumed_gen = answer.consumed_gen }
      end
    end
    return { data = table.concat(outcomes, " ") }
  end
  local answer = llm.rs.exec_prompt(ctx, { prompt = prompt, format = "text" })
  return { data = answer.record .. " " .. answer.cost, consumed_gen = answer.consumed_gen }
end
function ExecPromptTemplate() error("not asked") end
)lua";

TEST(Money, ConsumedGenFollowsFromTheCost) {
  MockUpstream upstream({.name = "a"});
  const TempFolder folder;
  Module module({.backends = short_answers(upstream),
                 .script = std::string(kAskScript),
                 .more = pricing_of(folder, ", gen_per_usd: 1000000000")});
  GenVm genvm(module.port());
  const Reply reply = genvm.ask(prompt("x"));
  ASSERT_TRUE(reply.ok()) << reply.shown;
  EXPECT_EQ(reply.consumed.to_string(), std::to_string(upstream.bill().cost_nano_usd));
}

TEST(Money, ConsumedGenFollowsTheHostsRate) {
  MockUpstream upstream({.name = "a"});
  const TempFolder folder;
  Module module({.backends = short_answers(upstream),
                 .script = std::string(kAskScript),
                 .more = pricing_of(folder, ", time_units_per_usd: 1000000")});
  Value hello = hello_c();
  hello.as_map()->set("gas_data", Value::fields("genPerTimeUnit", Value::string("3000")));
  GenVm genvm(module.port(), hello);
  const Reply reply = genvm.ask(prompt("x"));
  ASSERT_TRUE(reply.ok()) << reply.shown;
  // 3,000 gen x 1,000,000 units per dollar is 3 gen per nano-dollar.
  EXPECT_EQ(reply.consumed.to_string(), std::to_string(3 * upstream.bill().cost_nano_usd));
}

TEST(Money, SingleStepsUnderPcallArePaidForAndKeepTheBudget) {
  MockUpstream a({.name = "a"}), b({.name = "b"});
  always(a, "no_choices");  // billed, but not usable
  const TempFolder folder;
  Module module({.backends = short_answers(a, "a") + short_answers(b, "b"),
                 .script = std::string(kAskScript),
                 .more = pricing_of(folder, ", gen_per_usd: 1000000000") +
                         "budgets: {few: {requests: 5, window: day}}\n"});
  GenVm genvm(module.port());
  for (int i = 0; i < 2; ++i) {
    const auto before = b.bill().cost_nano_usd;
    const Reply reply = genvm.ask(prompt("steps"));
    EXPECT_EQ(reply.text(), "DESERIALIZING ok " + std::to_string(b.bill().cost_nano_usd - before));
  }
  EXPECT_EQ(genvm.ask(prompt("steps")).text(), "DESERIALIZING BUDGET_EXCEEDED");
  const Spent spent = spent_after(module, 5);
  EXPECT_EQ(spent.calls, 5);
  EXPECT_EQ(spent.errors, 3);
  EXPECT_GE(spent.nano_usd, a.bill().cost_nano_usd + b.bill().cost_nano_usd);
}

std::string record_text(const Module& module, const std::string& id) {
  std::optional<store::DecisionRecord> found;
  eventually(
      [&] {
        auto read = reader_of(module.folder())->record(id);
        if (read) found = std::move(*read);
        return found.has_value();
      },
      10s);
  return found ? found->text : "no record " + id;
}

TEST(Money, EveryPromptHasADecisionRecordOfAtMostTwoKilobytes) {
  MockUpstream upstream({.name = "a"});
  std::string backends;
  for (int i = 0; i < 30; ++i)
    backends += backend_of(upstream, "a-rather-long-name-of-a-backend-" + std::to_string(i), -i);
  Module module({.backends = backends, .script = std::string(kAskScript)});
  GenVm genvm(module.port());
  const std::string answer = genvm.ask(prompt("x")).text();
  const std::string text = record_text(module, answer.substr(0, answer.find(' ')));
  EXPECT_THAT(text, HasSubstr(R"("outcome":"ok")"));
  EXPECT_LE(text.size(), 2048u);
  always(upstream, "status_500");
  const Reply failed = genvm.ask(prompt("the words of a prompt"));
  EXPECT_EQ(failed.outcome(), "FatalError NO_PROVIDER_FOR_PROMPT") << failed.shown;
  const std::string why = record_text(module, ctx(failed, "/record"));
  EXPECT_THAT(why, HasSubstr(R"("outcome":"NO_PROVIDER_FOR_PROMPT")"));
  EXPECT_THAT(why, HasSubstr("server_error"));
  EXPECT_THAT(why, Not(HasSubstr("the words")));
  EXPECT_LE(why.size(), 2048u);
}

TEST(Money, TwoHundredSessionsNeverOverrunABudgetAndCanUseIt) {
  MockUpstream upstream({.name = "a", .latency = mock::Latency::uniform(1ms, 20ms)});
  const TempFolder folder;
  constexpr std::int64_t kBudget = 50'000'000;  // nano-USD
  Module module({.backends = short_answers(upstream),
                 .more = pricing_of(folder) + "budgets: {b: {usd: 0.05, window: month}}\n"});
  auto sessions = open_sessions(module.port(), 200);
  // Until no prompt is accepted: then nothing is reserved, and no call fits.
  for (bool any = true; any;) {
    any = false;
    for (const auto& reply : ask_all(sessions, prompt("a prompt of some length"))) {
      any = any || reply.ok();
      if (!reply.ok()) {
        EXPECT_EQ(reply.outcome(), "UserError BUDGET_EXCEEDED") << reply.shown;
      }
    }
    ASSERT_LE(upstream.bill().cost_nano_usd, kBudget);
  }
  const auto billed = upstream.bill();
  EXPECT_LE(billed.cost_nano_usd, kBudget);
  EXPECT_GE(billed.cost_nano_usd, kBudget * 95 / 100);
  const Spent spent = spent_after(module, static_cast<std::int64_t>(billed.calls));
  EXPECT_EQ(spent.calls, static_cast<std::int64_t>(billed.calls));
  EXPECT_EQ(spent.nano_usd, billed.cost_nano_usd);
}

// A module that may be killed.
struct Killable {
  explicit Killable(const std::string& config)
      : process({program("genvm-llm"), "--config", config}) {
    const auto ready = process.wait_for_line("\"message\":\"ready\"", 60s);
    if (!ready) throw std::runtime_error("not ready: " + process.err() + process.out());
    const auto line = text::parse_json(*ready);
    const auto address = std::string(line->find("address")->as_string().value());
    port = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  }
  test::Process process;
  std::uint16_t port = 0;
};

TEST(Money, AfterAKillTheLedgerErrsByTheCallsInFlightAtMost) {
  MockUpstream upstream({.name = "a", .latency = mock::Latency::uniform(1ms, 30ms)});
  const TempFolder folder;
  constexpr int kSessions = 20;
  const auto config = write_config(
      folder, {.backends = short_answers(upstream),
               .more = pricing_of(folder) + "budgets: {b: {usd: 100, window: month}}\n"});
  for (int round = 1; round <= 4; ++round) {
    Killable module(config);
    auto sessions = open_sessions(module.port, kSessions);
    for (int rounds = 0; rounds < 4; ++rounds) ask_all(sessions, prompt("x"));
    for (auto& session : sessions) session->send(prompt("x"));
    ASSERT_TRUE(upstream.wait([](const auto& stats) { return stats.in_flight >= 5; }, 20s));
    module.process.signal(SIGKILL);
    ASSERT_TRUE(module.process.wait_exit(20s));
  }
  ASSERT_TRUE(upstream.wait([](const auto& stats) { return stats.in_flight == 0; }, 20s));
  const auto billed = upstream.bill();
  {
    Killable module(config);
    module.process.signal(SIGTERM);
    EXPECT_EQ(module.process.wait_exit(60s), 0) << module.process.err();
  }
  const Spent spent = spent_in(folder);
  EXPECT_GE(spent.nano_usd, billed.cost_nano_usd);
  EXPECT_LE(spent.uncertain, 4 * kSessions);
  EXPECT_GT(spent.uncertain, 0);
  // Below the worst case of a call: 552 tokens of prompt and its text, 40 of the answer.
  constexpr std::int64_t kWorst = 5'000'000;
  EXPECT_LE(spent.nano_usd, billed.cost_nano_usd + spent.uncertain * kWorst);
  EXPECT_TRUE(reader_of(folder)->verify().value().empty());
}

}  // namespace
}  // namespace gvm::e2e
