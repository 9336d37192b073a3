// Budgets by scope, unit and action, and what counts in them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/money.h"

namespace gvm::e2e {
namespace {

using mock::MockUpstream;
using testing::HasSubstr;
using testing::Not;

Value hello_of(std::string_view tx, std::string_view contract) {
  const auto string = [](std::string_view text) { return Value::string(std::string(text)); };
  return Value::fields(
      "cookie", string("c"), "host_data",
      Value::fields("node_address", string("0xabcd"), "tx_id", string(tx), "contract_address",
                    string(contract), "tenant", string("t-" + std::string(contract))));
}

// The number of prompts that are answered before the budget refuses one.
int answered_until_refused(GenVm& genvm) {
  for (int answered = 0; answered < 20; ++answered) {
    const Reply reply = genvm.ask(prompt("x"));
    if (reply.ok()) continue;
    EXPECT_EQ(reply.outcome(), "UserError BUDGET_EXCEEDED") << reply.shown;
    EXPECT_EQ(ctx(reply, "/budget"), "few");
    return answered;
  }
  return 20;
}

TEST(Budgets, AreKeptByScope) {
  struct Row {
    std::string budget;  // of three requests
    // How many prompts each of these sessions gets: (tx 1, contract 1), the same again, (tx 2,
    // contract 1), (tx 3, contract 2).
    std::vector<int> answered;
  };
  const Row rows[] = {
      {"window: day", {3, 0, 0, 0}},
      {"window: day, scope: [backend]", {3, 0, 0, 0}},
      {"window: session", {3, 3, 3, 3}},
      {"window: day, scope: [tx_id]", {3, 0, 3, 3}},
      {"window: day, rolling: true, scope: [contract_address]", {3, 0, 0, 3}},
      {"window: month, scope: [host_data.tenant, model]", {3, 0, 0, 3}},
      {"window: day, only: {tx_id: t2}", {20, 20, 3, 20}},
  };
  MockUpstream upstream({.name = "a"});
  for (const auto& row : rows) {
    SCOPED_TRACE(row.budget);
    Module module({.backends = backend_of(upstream, "main", 0),
                   .more = "budgets: {few: {requests: 3, " + row.budget + "}}\n"});
    std::vector<int> answered;
    for (const auto& [tx, contract] :
         {std::pair("t1", "c1"), {"t1", "c1"}, {"t2", "c1"}, {"t3", "c2"}}) {
      GenVm genvm(module.port(), hello_of(tx, contract));
      answered.push_back(answered_until_refused(genvm));
    }
    EXPECT_EQ(answered, row.answered);
  }
}

TEST(Budgets, OfABackendLeaveTheOtherBackends) {
  MockUpstream a({.name = "a"}), b({.name = "b"});
  Module module({.backends = backend_of(a, "a", 2) + backend_of(b, "b", 1),
                 .more = "budgets: {few: {requests: 3, window: day, scope: [backend]}}\n"});
  GenVm genvm(module.port());
  std::string answers;
  for (int i = 0; i < 6; ++i) answers += who_answered(genvm.ask(prompt("x")));
  EXPECT_EQ(answers, "aaabbb");
  EXPECT_EQ(genvm.ask(prompt("x")).outcome(), "UserError BUDGET_EXCEEDED");
  EXPECT_EQ(
      module.metric(R"(genvm_llm_candidate_available{backend="a",model="m",endpoint="1",key="1"})"),
      1)
      << "a budget says nothing about health";
}

TEST(Budgets, ThatAreUsedUpForLongSendEveryPromptElsewhere) {
  MockUpstream a({.name = "a"}), b({.name = "b"});
  Module module({.backends = backend_of(a, "a", 2) + backend_of(b, "b", 1),
                 .more = "budgets: {none: {requests: 1, window: month, only: {backend: a}}}\n"
                         "routing: {retry_budget: {share: 0, floor: 0}}\n"});
  GenVm genvm(module.port());
  EXPECT_EQ(who_answered(genvm.ask(prompt("x"))), "a");
  for (int i = 0; i < 60; ++i) ASSERT_EQ(who_answered(genvm.ask(prompt("x"))), "b") << i;
}

TEST(Budgets, InTokensAndUsdReserveTheWorstCase) {
  for (const std::string_view budget : {"tokens: 2000", "usd: 0.004", "gen: 4"}) {
    SCOPED_TRACE(budget);
    MockUpstream upstream({.name = "a"});
    const TempFolder folder;
    Module module({.backends = short_answers(upstream),
                   .more = pricing_of(folder, ", gen_per_usd: 1000") + "budgets: {few: {" +
                           std::string(budget) + ", window: day}}\n"});
    GenVm genvm(module.port());
    int answered = 0;
    Reply reply;
    while ((reply = genvm.ask(prompt("x"))).ok() && answered < 500) ++answered;
    EXPECT_EQ(reply.outcome(), "UserError BUDGET_EXCEEDED") << reply.shown;
    EXPECT_GT(answered, 1);
    EXPECT_EQ(ctx(reply, "/reserved"), "0");
    EXPECT_FALSE(ctx(reply, "/resets_at").empty());
    const auto left = std::stoll(ctx(reply, "/remaining"));
    EXPECT_LT(left, std::stoll(ctx(reply, "/needed")));
    EXPECT_GE(left, 0);
  }
}

TEST(Budgets, CheaperLeavesOnlyModelsThatStillFit) {
  MockUpstream dear({.name = "dear"}), cheap({.name = "cheap"});
  const TempFolder folder;
  const auto prices = folder.write("prices.yaml",
                                   "models:\n  - {model: m, backend: a, input: 300, output: 1500}\n"
                                   "  - {model: m, backend: b, input: 3, output: 15}\n");
  Module module({.backends = short_answers(dear, "a", 2) + short_answers(cheap, "b", 1),
                 .more = "pricing: {file: \"" + prices +
                         "\"}\nbudgets: {b: {usd: 0.3, window: day, action: cheaper}}\n"});
  GenVm genvm(module.port());
  EXPECT_EQ(who_answered(genvm.ask(prompt("x"))), "dear");
  std::string last;
  for (int i = 0; i < 30; ++i) last = who_answered(genvm.ask(prompt("x")));
  EXPECT_EQ(last, "cheap");
  EXPECT_LE(dear.bill().cost_nano_usd * 100 + cheap.bill().cost_nano_usd, 300'000'000);
}

TEST(Budgets, CandidatesTooDearUseUpNoAttempts) {
  MockUpstream dear({.name = "dear"}), cheap({.name = "cheap"});
  const TempFolder folder;
  const auto prices = folder.write("prices.yaml",
                                   "models:\n  - {model: m, input: 300, output: 1500}\n"
                                   "  - {model: m, backend: cheap, input: 3, output: 15}\n");
  constexpr int kDear = 12;  // more than the 8 calls that a prompt may make
  std::string backends = short_answers(cheap, "cheap", 1);
  for (int i = 0; i < kDear; ++i) backends += short_answers(dear, "dear-" + std::to_string(i), 2);
  Module module({.backends = backends,
                 .more = "pricing: {file: \"" + prices +
                         "\"}\nbudgets: {b: {usd: 0.01, window: day, action: cheaper}}\n"
                         "routing: {attempts: 1, retry_budget: {share: 0, floor: 0}}\n"});
  GenVm genvm(module.port());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(who_answered(genvm.ask(prompt("x"))), "cheap");
  EXPECT_EQ(dear.stats().calls, 0u);
  EXPECT_EQ(module.process().out().find("a model failed"), std::string::npos)
      << "a budget at work is no failure of a model";
}

TEST(Budgets, ThatWarnLetPassAndSaySo) {
  MockUpstream upstream({.name = "a"});
  Module module({.backends = backend_of(upstream, "main", 0),
                 .more = "budgets: {soft: {requests: 1, window: day, action: warn}}\n"});
  GenVm genvm(module.port());
  EXPECT_TRUE(genvm.ask(prompt("x")).ok());
  EXPECT_THAT(module.process().out(), Not(HasSubstr("soft")));
  EXPECT_TRUE(genvm.ask(prompt("x")).ok());
  EXPECT_TRUE(module.process().wait_for_line("\"budget\":\"soft\"", 5s));
}

// The prompt is the `extra` of the call.
constexpr std::string_view kExtraScript = R"lua(
local lib = require("lib-genvm")
local llm = require("lib-llm")
function ExecPrompt(ctx, args)
  local prompt = { user_message = args.prompt, images = {}, temperature = 0.5, max_tokens = 40,
    extra = lib.rs.json_parse(args.prompt), extra_merge_strategy = { max_tokens = "replace" } }
  local answer = llm.rs.exec_prompt_in_provider(ctx,
    { provider = "main", model = "m", format = "text", prompt = prompt })
  return { data = answer.data }
end
function ExecPromptTemplate() error("not asked") end
)lua";

TEST(Budgets, WhatAScriptAddsToACallIsReservedToo) {
  MockUpstream upstream({.name = "a"});
  Module module({.backends = backend_of(upstream, "main", 0),
                 .script = std::string(kExtraScript),
                 .more = "budgets: {few: {tokens: 5000, window: day}}\n"});
  GenVm genvm(module.port());
  EXPECT_TRUE(genvm.ask(prompt(R"({"top_logprobs": 1})")).ok());
  for (const std::string extra :
       {R"({"max_tokens": 100000})", R"({"max_completion_tokens": 100000})", R"({"n": 1000})"}) {
    const Reply reply = genvm.ask(prompt(extra));
    EXPECT_EQ(reply.outcome(), "UserError BUDGET_EXCEEDED") << extra << reply.shown;
  }
  const Reply longer = genvm.ask(prompt(R"({"note": ")" + std::string(6000, 'x') + "\"}"));
  EXPECT_EQ(longer.outcome(), "UserError BUDGET_EXCEEDED") << longer.shown;
  EXPECT_EQ(upstream.stats().calls, 1u);
}

TEST(Budgets, ACallThatMayCostMoreThanCanBeReservedIsRefused) {
  MockUpstream upstream({.name = "a"});
  const TempFolder folder;
  const auto prices =
      folder.write("prices.yaml", "models:\n  - {model: m, input: 10000, output: 10000}\n");
  Module module({.backends = backend_of(upstream, "main", 0),
                 .script = std::string(kExtraScript),
                 .more = "pricing: {file: \"" + prices + "\"}\n"});
  GenVm genvm(module.port());
  // Over 1,000,000 USD, and more tokens than the ledger accepts.
  for (const std::string extra :
       {R"({"max_tokens": 200000000})", R"({"max_tokens": 1000000000, "n": 1000000000})"}) {
    const Reply reply = genvm.ask(prompt(extra));
    EXPECT_EQ(reply.outcome(), "UserError BUDGET_EXCEEDED") << extra << reply.shown;
    EXPECT_EQ(ctx(reply, "/why"), "absurd");
  }
  EXPECT_EQ(upstream.stats().calls, 0u);
  EXPECT_TRUE(genvm.ask(prompt(R"({"max_tokens": 90000000})")).ok()) << "0.9 of the bound";
}

}  // namespace
}  // namespace gvm::e2e
