// `genvm-modules usage`, `ledger verify`, `explain` and `replay`, on the ledger of a real module:
// beside it while it runs, and after it has ended.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "store/sqlite/database.h"
#include "store/sqlite/reader.h"
#include "support/http_server.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::e2e {
namespace {

using test::Finished;
using test::HttpServer;
using testing::HasSubstr;
using testing::Not;

constexpr int kPrompts = 3;

// Answers with the id of the decision record.
constexpr std::string_view kScript = R"lua(
local llm = require("lib-llm")
function ExecPrompt(ctx, args)
  local mapped = llm.exec_prompt_transform(args)
  local answer = llm.rs.exec_prompt(ctx, { prompt = mapped.prompt, format = mapped.format })
  return { data = answer.record, consumed_gen = 0 }
end
function ExecPromptTemplate() error("not in this test") end
)lua";

Finished tool(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program("genvm-modules"));
  return test::run_program(std::move(arguments));
}

// One sentence, and nothing that only a developer could read.
void expect_refused(const Finished& finished, const std::string& part) {
  EXPECT_EQ(finished.exit_code, 1) << finished.out << finished.err;
  EXPECT_THAT(finished.err, HasSubstr(part));
  EXPECT_THAT(finished.err, Not(HasSubstr("Sanitizer")));
  EXPECT_THAT(finished.err, Not(HasSubstr("terminate called")));
}

// A module with a backend that fails and one that answers, after kPrompts prompts.
class LedgerTool : public testing::Test {
 protected:
  LedgerTool() {
    GenVm genvm(module_.port());
    for (int i = 0; i < kPrompts; ++i) records_.push_back(genvm.ask(prompt("x")).text());
  }

  ModuleOptions options() const {
    return {.backends = backend({.name = "bad", .host = bad_.url(""), .priority = 2}) +
                        backend({.name = "good", .host = good_.url(""), .priority = 1}),
            .script = std::string(kScript),
            .more = "pricing: {file: " + prices_ +
                    "}\n"
                    "budgets:\n"
                    "  daily: {usd: 2.5, window: day}\n"
                    "  contract: {tokens: 1000000, window: month, scope: [contract_address]}\n"
                    "  here: {requests: 1000, window: session}\n"};
  }

  void end_module() {
    module_.process().signal(SIGTERM);
    ASSERT_EQ(module_.process().wait_exit(60s), 0);
  }

  std::string config() const { return module_.folder().file("config.yaml"); }
  std::filesystem::path database() const { return module_.folder().file("data/ledger.db"); }

  Finished usage(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"usage", "--config", config()});
    return tool(std::move(more));
  }
  Value usage_json(std::vector<std::string> more = {}) const {
    more.emplace_back("--json");
    const auto finished = usage(std::move(more));
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    auto value = text::parse_json(finished.out);
    EXPECT_TRUE(value) << finished.out;
    return value ? std::move(*value) : Value::map();
  }
  // Beside a running module: what was settled is in the database a moment later.
  Value settled_usage(std::vector<std::string> more = {}) const {
    Value value = Value::map();
    eventually(
        [&] {
          value = usage_json(more);
          return text::string_at(value, "/total/usd") == "0.000216000";
        },
        20s);
    return value;
  }
  Finished verify() const { return tool({"ledger", "verify", "--config", config()}); }
  Finished explain(const std::string& id) const {
    return tool({"explain", id, "--config", config()});
  }
  Finished replay(const std::string& id, const std::string& file = {}) const {
    return tool({"replay", id, "--config", file.empty() ? config() : file});
  }
  // As an operator with a SQLite shell.
  void execute(const std::string& sql) const {
    auto database =
        store::sqlite::Database::open(this->database(), store::sqlite::Access::read_write);
    ASSERT_TRUE(database);
    const auto done = database->execute(sql);
    ASSERT_TRUE(done) << done.error().to_string();
  }

  // Every decision record with another text, in the table that earlier versions kept them in.
  void change_records(const std::function<std::string(std::string)>& changed) const {
    const auto folder = std::filesystem::path(this->database()).parent_path();
    auto reader = store::sqlite::open_reader(folder, store::TimeSource::system());
    ASSERT_TRUE(reader) << reader.error().to_string();
    auto database =
        store::sqlite::Database::open(this->database(), store::sqlite::Access::read_write);
    ASSERT_TRUE(database);
    auto insert = database->prepare("INSERT INTO records(id, made_ms, text) VALUES(?,?,?)");
    ASSERT_TRUE(insert) << insert.error().to_string();
    for (const auto& id : records_) {
      const auto record = (*reader)->record(id);
      ASSERT_TRUE(record && *record) << id;
      const auto text = changed((*record)->text);
      ASSERT_TRUE(insert->bind(1, id).bind(2, (*record)->made_ms).bind(3, text).run());
    }
    ASSERT_TRUE(database->execute("DELETE FROM record_packs"));
  }

  TempFolder files_;
  std::string prices_ =
      files_.write("prices.yaml", "currency: USD\nmodels:\n  - {model: m, input: 2, output: 10}\n");
  HttpServer bad_{[](const HttpServer::Request&) {
    return HttpServer::Reply{.status = 404, .body = R"({"error":{"message":"no such model"}})"};
  }};
  HttpServer good_{
      [](const HttpServer::Request&) { return HttpServer::Reply{.body = openai_answer("yes")}; }};
  Module module_{options()};
  std::vector<std::string> records_;
};

void expect_figures(const Value& usage) {
  // 11 tokens at 2 USD and 5 at 10 USD a million are 72 millionths of a dollar, three times.
  EXPECT_EQ(text::string_at(usage, "/rows/1/backend"), "good");
  EXPECT_EQ(text::string_at(usage, "/rows/1/usd"), "0.000216000");
  EXPECT_EQ(text::integer_at(usage, "/rows/1/calls"), kPrompts);
  EXPECT_EQ(text::integer_at(usage, "/rows/1/errors"), 0);
  EXPECT_EQ(text::integer_at(usage, "/rows/1/tokens"), kPrompts * 16);
  EXPECT_EQ(text::string_at(usage, "/rows/0/backend"), "bad");
  EXPECT_EQ(text::string_at(usage, "/rows/0/usd"), "0.000000000");
  EXPECT_GE(text::integer_at(usage, "/rows/0/errors").value_or(0), 1);
  EXPECT_EQ(text::string_at(usage, "/total/usd"), "0.000216000");
}

void expect_budgets(const Value& usage) {
  const Value* budgets = usage.find("budgets");
  ASSERT_NE(budgets, nullptr);
  ASSERT_EQ(budgets->as_array()->size(), 3u);
  for (const auto& budget : *budgets->as_array()) {
    const auto name = text::string_at(budget, "/name");
    if (name == "daily") {
      EXPECT_EQ(text::string_at(budget, "/limit"), "2.500000000");
      EXPECT_EQ(text::string_at(budget, "/spent"), "0.000216000");
      EXPECT_EQ(text::string_at(budget, "/remaining"), "2.499784000");
      EXPECT_TRUE(text::string_at(budget, "/resets_at").value_or("").ends_with("T00:00:00Z"));
    } else if (name == "contract") {
      EXPECT_TRUE(text::string_at(budget, "/scope")->starts_with("contract_address="));
      EXPECT_EQ(text::string_at(budget, "/spent"), "48");
      EXPECT_EQ(text::string_at(budget, "/remaining"), "999952");
    } else {
      EXPECT_EQ(name, "here");
      EXPECT_TRUE(budget.find("spent")->is_null()) << "only the module knows its sessions";
    }
  }
}

TEST_F(LedgerTool, UsageIsExactBesideTheModuleAndAfterItHasEnded) {
  const auto beside = settled_usage();
  expect_figures(beside);
  expect_budgets(beside);
  end_module();
  const auto after = usage_json();
  expect_figures(after);
  expect_budgets(after);
}

TEST_F(LedgerTool, UsageGroupsAsAsked) {
  end_module();
  const auto by_day = usage_json({"--by", "day"});
  EXPECT_EQ(by_day.find("rows")->as_array()->size(), 1u);
  EXPECT_EQ(text::string_at(by_day, "/rows/0/day")->size(), std::string("2026-01-31").size());
  const auto by_key = usage_json({"--by", "model,key,backend"});
  EXPECT_EQ(text::string_at(by_key, "/rows/1/key"), "key 1");
  EXPECT_EQ(text::string_at(by_key, "/by/2"), "backend");
  const auto wrong = usage({"--by", "provider"});
  EXPECT_EQ(wrong.exit_code, 64);
  EXPECT_THAT(wrong.err, HasSubstr("expected backend, model, key, node, contract or day"));
}

TEST_F(LedgerTool, UsageHasBarsInATerminalOnly) {
  end_module();
  const auto plain = usage();
  EXPECT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_THAT(plain.out, HasSubstr("0.000216000"));
  EXPECT_THAT(plain.out, HasSubstr("2.499784000"));
  EXPECT_THAT(plain.out, Not(HasSubstr("█")));
  const auto command = program("genvm-modules") + " usage --config " + config();
  const auto drawn = [&](const std::string& locale) {
    return test::run_program({"script", "-qec", command, "/dev/null"},
                             {.environment = {"LC_ALL=" + locale}});
  };
  EXPECT_THAT(drawn("C.UTF-8").out, HasSubstr("100.0 %  ████████████████████"));
  EXPECT_THAT(drawn("C").out, HasSubstr("100.0 %  ####################"));
}

TEST_F(LedgerTool, WhatAContractCallsItselfCannotSteerATerminal) {
  end_module();
  execute("UPDATE entries SET contract = char(27) || '[2J' || char(10) || 'x'");
  const auto finished = usage({"--by", "contract"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("?[2J?x"));
  EXPECT_THAT(finished.out, Not(HasSubstr("\x1b")));
}

TEST_F(LedgerTool, VerifySaysWholeBesideTheModuleAndAfterIt) {
  settled_usage();
  const auto beside = verify();
  EXPECT_EQ(beside.exit_code, 0) << beside.out << beside.err;
  end_module();
  const auto after = verify();
  EXPECT_EQ(after.exit_code, 0) << after.out << after.err;
  EXPECT_THAT(after.out, HasSubstr("whole"));
}

TEST_F(LedgerTool, VerifyNamesWhatIsWrong) {
  end_module();
  execute("UPDATE accounts SET spent = '1' WHERE budget = 'daily'");
  const auto changed = verify();
  EXPECT_EQ(changed.exit_code, 1);
  EXPECT_THAT(changed.out, HasSubstr("account daily"));
  EXPECT_THAT(changed.out, HasSubstr("has 1, its calls have 216000"));
  EXPECT_THAT(changed.out, HasSubstr("NOT WHOLE: 1 finding\n"));
  execute("DELETE FROM accounts WHERE budget = 'daily'");
  EXPECT_THAT(verify().out, HasSubstr("is missing"));
}

TEST_F(LedgerTool, ExplainTellsWhoWasAskedWhyAndAtWhatPrice) {
  end_module();
  const auto told = explain(records_.front());
  EXPECT_EQ(told.exit_code, 0) << told.err;
  for (const std::string& part :
       {records_.front(), std::string("strategy priority"), "bad/m@" + bad_.url(""),
        "good/m@" + good_.url(""), std::string("not_found"), std::string("charged 0.000072 USD")})
    EXPECT_THAT(told.out, HasSubstr(part));
  const auto kept = tool({"explain", records_.front(), "--config", config(), "--json"});
  EXPECT_TRUE(text::parse_json(kept.out)) << kept.out;
  EXPECT_LE(kept.out.size(), 2'049u);
}

TEST_F(LedgerTool, EveryChoiceIsMadeAgain) {
  end_module();
  for (const auto& id : records_) {
    const auto again = replay(id);
    EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
    EXPECT_EQ(again.out, "the same choice comes out\n");
  }
}

TEST_F(LedgerTool, AChoiceThatWouldBeAnotherNowIsTold) {
  end_module();
  change_records([](std::string text) {
    for (auto at = text.find("priority 1"); at != text.npos; at = text.find("priority 1"))
      text.replace(at, 10, "priority 7");
    return text;
  });
  const auto again = replay(records_.front());
  EXPECT_EQ(again.exit_code, 1) << again.err;
  EXPECT_THAT(again.out, HasSubstr("another choice: order, place 2"));
}

TEST_F(LedgerTool, AnotherPolicysChoiceIsNotReplayed) {
  end_module();
  std::ifstream in(config());
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const auto other = files_.write("other.yaml", text + "routing: {strategy: latency}\n");
  expect_refused(replay(records_.front(), other), "models, keys or routing have changed");
}

TEST_F(LedgerTool, UnknownAndBrokenRecordsAreToldApart) {
  end_module();
  expect_refused(explain("no-such-record"), "there is no decision record \"no-such-record\"");
  expect_refused(replay("no-such-record"), "there is no decision record");
  change_records([](const std::string& text) { return text.substr(0, 100); });
  expect_refused(explain(records_.front()), "no decision record: no JSON object");
  expect_refused(replay(records_.front()), "no decision record: no JSON object");
}

TEST_F(LedgerTool, LedgersThatCannotBeReadSayWhy) {
  end_module();
  {
    auto other = store::sqlite::Database::open(database(), store::sqlite::Access::read_write);
    ASSERT_TRUE(other->execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE"));
    expect_refused(usage(), "LEDGER_LOCKED");
  }
  execute("PRAGMA user_version = 99");
  for (const auto& finished : {usage(), verify(), explain("x"), replay("x")})
    expect_refused(finished, "the ledger has version 99 of its tables");
  std::ofstream(database()) << std::string(8'192, 'x');
  for (const auto& finished : {usage(), verify(), explain("x"), replay("x")})
    expect_refused(finished, "LEDGER_CORRUPT");
}

TEST(LedgerToolInput, NoLedgerNoFileAndTheOtherModulesFileAreRefused) {
  const TempFolder folder;
  const auto config = write_config(folder, {});
  expect_refused(tool({"usage", "--config", config}), "the module makes its ledger in data_dir");
  expect_refused(tool({"ledger", "verify", "--config", "/nonexistent.yaml"}), "/nonexistent.yaml");
  expect_refused(tool({"explain", "x", "--config", folder.write("bad.yaml", "backends: [")}),
                 "not a valid configuration");
  const auto web = write_config(folder, {.program = "genvm-web", .more = "webdriver_host: ''\n"});
  expect_refused(tool({"usage", "--config", web}), "a configuration of the web module");
  EXPECT_EQ(tool({"ledger"}).exit_code, 64);
  EXPECT_EQ(tool({"explain"}).exit_code, 64);
}

TEST(LedgerToolInput, AnUnreachableServerIsNamedWithoutItsPassword) {
  const TempFolder folder;
  const test::RefusingPort nobody;
  const auto url = "postgresql://me:open-sesame@127.0.0.1:" + std::to_string(nobody.port()) + "/x";
  const auto config = write_config(folder, {.more = "ledger: {url: \"" + url + "\"}\n"});
  const auto finished = tool({"usage", "--config", config});
  expect_refused(finished, "LEDGER_UNAVAILABLE");
  EXPECT_THAT(finished.err, Not(HasSubstr("open-sesame")));
}

}  // namespace
}  // namespace gvm::e2e
