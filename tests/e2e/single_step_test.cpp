// llm.rs.exec_prompt_in_provider: the script decides which model to call; the module learns and
// records.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/money.h"

namespace gvm::e2e {
namespace {

using mock::MockUpstream;
using testing::HasSubstr;
using testing::Not;

// "step": one call at "main"; any other prompt goes where routing decides. Answers the result, and
// the id of the record.
constexpr std::string_view kStepScript = R"lua(
local lib = require("lib-genvm")
local llm = require("lib-llm")
function ExecPrompt(ctx, args)
  local prompt = { user_message = args.prompt, images = {}, temperature = 0.5, max_tokens = 40 }
  if args.prompt ~= "step" then
    return { data = llm.rs.exec_prompt(ctx, { prompt = prompt, format = "text" }).data }
  end
  local ok, answer = pcall(llm.rs.exec_prompt_in_provider, ctx,
    { provider = "main", model = "m", format = "text", prompt = prompt })
  if ok then
    return { data = "ok " .. answer.record }
  end
  local err = lib.rs.as_user_error(answer)
  return { data = tostring(err.ctx.status or err.causes[1]) .. " " .. err.ctx.record }
end
function ExecPromptTemplate() error("not asked") end
)lua";

struct Step {
  std::string outcome;
  std::string record;
};

Step step(GenVm& genvm) {
  const Reply reply = genvm.ask(prompt("step"));
  EXPECT_TRUE(reply.ok()) << reply.shown;
  const auto text = reply.text();
  const auto space = text.find(' ');
  return {text.substr(0, space), text.substr(space + 1)};
}

double available(const Module& module, std::string_view backend, int key = 1) {
  return module.metric("genvm_llm_candidate_available{backend=\"" + std::string(backend) +
                       "\",model=\"m\",endpoint=\"1\",key=\"" + std::to_string(key) + "\"}");
}

test::Finished tool(const Module& module, std::string command, const std::string& id) {
  return test::run_program({program("genvm-modules"), std::move(command), id, "--config",
                            module.folder().file("config.yaml")});
}

// Records reach the database in groups.
std::string explained(const Module& module, const std::string& id) {
  test::Finished told;
  eventually([&] { return (told = tool(module, "explain", id)).exit_code == 0; }, 10s);
  return told.out + told.err;
}

TEST(SingleStep, AKeyThatWasRefusedIsNotTheNextOnesKey) {
  MockUpstream upstream({.name = "a"});
  must_take(upstream, R"({"rules": [{"when": {"key": "first-key"}, "fault": "status_401"}]})");
  Module module({.backends = backend_of(upstream, "main", 0, "key: first-key, keys: [second-key]"),
                 .script = std::string(kStepScript)});
  GenVm genvm(module.port());
  EXPECT_EQ(step(genvm).outcome, "401");
  EXPECT_EQ(available(module, "main", 1), 0) << module.http("/metrics");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(step(genvm).outcome, "ok");
  EXPECT_EQ(available(module, "main", 2), 1);
}

TEST(SingleStep, NoBreakerRefusesAndASuccessMendsIt) {
  MockUpstream main({.name = "main"}), other({.name = "other"});
  always(main, "status_500");
  Module module({.backends = backend_of(main, "main", 2) + backend_of(other, "other", 1),
                 .script = std::string(kStepScript),
                 .more = "routing: {breaker: {failures: 3, open: 60s, longest: 60s}}\n"});
  GenVm genvm(module.port());
  for (int i = 0; i < 8; ++i) EXPECT_EQ(step(genvm).outcome, "500");
  EXPECT_EQ(main.stats().calls, 8u) << "each one was made";
  EXPECT_EQ(available(module, "main"), 0);
  EXPECT_EQ(who_answered(genvm.ask(prompt("x"))), "other");
  EXPECT_EQ(main.stats().calls, 8u) << "the native choice has learned from the steps";
  must_take(main, R"({"rules": []})");
  EXPECT_EQ(step(genvm).outcome, "ok");
  EXPECT_EQ(available(module, "main"), 1);
}

TEST(SingleStep, APauseThatAProviderAsksForRefusesNothing) {
  MockUpstream upstream({.name = "a"});
  must_take(upstream, R"({"rules": [{"when": {"turns": [1, 1]}, "fault": "status_429_seconds"}]})");
  Module module({.backends = backend_of(upstream, "main", 0), .script = std::string(kStepScript)});
  GenVm genvm(module.port());
  EXPECT_EQ(step(genvm).outcome, "429");
  EXPECT_EQ(available(module, "main"), 0) << "cooling";
  EXPECT_EQ(step(genvm).outcome, "ok");
}

TEST(SingleStep, HasADecisionRecordThatCanBeReplayed) {
  MockUpstream upstream({.name = "a"}), other({.name = "other"});
  const TempFolder folder;
  Module module({.backends = short_answers(other, "other", 5) + short_answers(upstream),
                 .script = std::string(kStepScript),
                 .more = pricing_of(folder)});
  GenVm genvm(module.port());
  const auto good = step(genvm);
  always(upstream, "status_404");
  const auto bad = step(genvm);
  ASSERT_NE(good.record, bad.record);
  const auto of_good = explained(module, good.record);
  for (const auto* part : {"main/m@", "reserved 0.00", "charged 0.00", "excluded"})
    EXPECT_THAT(of_good, HasSubstr(part));
  const auto of_bad = explained(module, bad.record);
  EXPECT_THAT(of_bad, HasSubstr("not_found"));
  EXPECT_THAT(of_bad, HasSubstr("STATUS_NOT_OK"));
  for (const auto& id : {good.record, bad.record}) {
    const auto replayed = tool(module, "replay", id);
    EXPECT_EQ(replayed.exit_code, 0) << replayed.out << replayed.err;
  }
}

TEST(SingleStep, ALogAtDebugNamesTheRecordOfAnAnswerAndNotItsWords) {
  MockUpstream upstream({.name = "a"});
  Module module({.backends = backend_of(upstream, "main", 0), .log_level = "debug"});
  GenVm genvm(module.port());
  ASSERT_TRUE(genvm.ask(prompt("the words of a prompt")).ok());
  const auto line = module.process().wait_for_line("\"answered\"", 5s);
  ASSERT_TRUE(line);
  for (const auto* part :
       {"\"record\":\"", "\"provider\":\"main\"", "\"model\":\"m\"", "\"attempts\":1", "cost_usd"})
    EXPECT_THAT(*line, HasSubstr(part));
  EXPECT_THAT(*line, Not(HasSubstr("the words")));
}

}  // namespace
}  // namespace gvm::e2e
