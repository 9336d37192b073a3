// config/genvm-llm-default.lua against a scripted llm.rs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "host/test_host_run.h"
#include "support/paths.h"

namespace gvm::host {
namespace {

HostRunOptions default_script(std::string model, Value gas = Value::null()) {
  HostRunOptions options;
  options.script_path = test::source_dir() + "/config/genvm-llm-default.lua";
  options.providers = map_of({{"a", fake_backend({{std::move(model), fake_model(true, true)}})}});
  if (!gas.is_null()) options.ctx.as_map()->set("gas_data", std::move(gas));
  return options;
}

Result<Value> ask(HostRun& run, const std::string& prompt, const std::string& format = "text",
                  Integer fuel = 0) {
  if (run.load_error) return fail(*run.load_error);
  if (auto setup = run.call("Setup"); !setup) return setup;
  std::vector<script::Argument> arguments;
  arguments.push_back({Value::object({{"prompt", Value::string(prompt)},
                                      {"response_format", Value::string(format)},
                                      {"images", Value::array()}})});
  arguments.push_back({Value::integer(std::move(fuel)), true});
  return run.call("ExecPrompt", std::move(arguments));
}

TEST(DefaultScript, HandsTheCleanedPromptToTheNativeChoice) {
  HostRun run(default_script("m"));
  const auto answer = ask(run, "  \xEF\xAC\x81ve\u200B  words ", "json");
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer->find("data")->as_string(), "m says ok");
  const Value& request = run.llm.requests().at(0);
  EXPECT_EQ(*request.find("format")->as_string(), "json");
  EXPECT_EQ(*request.find("prompt")->find("user_message")->as_string(), "five words");
  EXPECT_EQ(request.find("timeout"), nullptr);
}

TEST(DefaultScript, ProposesTemperatureAndLengthWithoutInsisting) {
  HostRun run(default_script("m"));
  ASSERT_TRUE(ask(run, "p"));
  const Value& request = run.llm.requests().at(0);
  EXPECT_EQ(request.find("prompt")->find("temperature"), nullptr);
  EXPECT_EQ(request.find("prompt")->find("max_tokens"), nullptr);
  EXPECT_EQ(*request.find("defaults")->find("temperature")->as_real(), 0.25);
  EXPECT_EQ(*request.find("defaults")->find("max_tokens")->as_integer(), Integer(4321));
}

TEST(DefaultScript, AnEmptyPromptIsAUserErrorAndAsksNobody) {
  HostRun run(default_script("m"));
  const auto answer = ask(run, " \u200B\n ");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), "EMPTY_PROMPT");
  EXPECT_FALSE(answer.error().fatal());
  EXPECT_THAT(run.llm.called(), testing::IsEmpty());
}

TEST(DefaultScript, FuelLimitsTheTimeOfACall) {
  const Value gas = Value::object({{"genPerTimeUnit", Value::string("2")}});
  HostRun run(default_script("m", gas));
  ASSERT_TRUE(ask(run, "p", "text", 20));
  EXPECT_EQ(*run.llm.requests().at(0).find("timeout")->as_real(), 15.0);  // half as long again
  const auto poor = ask(run, "p", "text", 1);
  ASSERT_FALSE(poor);
  EXPECT_EQ(poor.error().code(), "INSUFFICIENT_EXECUTION_BUDGET");
}

TEST(DefaultScript, AFailureReachesTheContractAsItIs) {
  HostRun run(default_script("fail-503"));
  const auto answer = ask(run, "p");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), "STATUS_NOT_OK");
}

}  // namespace
}  // namespace gvm::host
