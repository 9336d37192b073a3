// config/genvm-llm-greybox.lua against a scripted llm.rs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_detail.h"
#include "base/json.h"
#include "host/test_host_run.h"
#include "support/paths.h"

namespace gvm::host {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using Models = std::vector<std::pair<std::string, Value>>;

Value priority(int value) {
  return Value::object({{"priority", Value::integer(value)}});
}

Value text_models(std::vector<std::string> names) {
  Models models;
  for (auto& name : names) models.emplace_back(std::move(name), fake_model(false, false));
  return fake_backend(std::move(models));
}

HostRunOptions greybox_script(Value providers) {
  HostRunOptions options;
  options.script_path = test::source_dir() + "/config/genvm-llm-greybox.lua";
  options.providers = std::move(providers);
  return options;
}

Value prompt_args(const std::string& prompt, const std::string& format = "text",
                  Value images = Value::array()) {
  return Value::object({{"prompt", Value::string(prompt)},
                        {"response_format", Value::string(format)},
                        {"images", std::move(images)}});
}

Result<Value> ask(HostRun& run, Value args, Integer fuel = 0) {
  if (run.load_error) return fail(*run.load_error);
  const auto setup = run.call("Setup");
  if (!setup) return setup;
  std::vector<script::Argument> arguments;
  arguments.push_back({std::move(args)});
  arguments.push_back({Value::integer(std::move(fuel)), true});
  return run.call("ExecPrompt", std::move(arguments));
}

TEST(GreyboxScript, AsksByPriorityThenBackendThenModel) {
  HostRun run(greybox_script(map_of({
      {"b", fake_backend(
                {{"fail-500", fake_model(false, false)}, {"fail-400", fake_model(false, false)}})},
      {"a", fake_backend({{"fail-429", fake_model(false, false)}})},
      {"low", fake_backend({{"ok", fake_model(false, false)}}, priority(-5))},
      {"z", fake_backend({{"dead", fake_model(false, false)},
                          {"fail-404", fake_model(false, false, priority(200))}},
                         priority(100))},
  })));
  const auto answer = ask(run, prompt_args("hello"));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer->find("data")->as_string(), "ok says ok");
  EXPECT_EQ(*answer->find("consumed_gen")->as_integer(), Integer(7));
  EXPECT_THAT(run.llm.called(), ElementsAre("z/fail-404", "z/dead", "a/fail-429", "b/fail-400",
                                            "b/fail-500", "low/ok"));
}

TEST(GreyboxScript, JsonAndImagesGoOnlyToModelsThatCan) {
  const auto providers = [] {
    return map_of({{"a", fake_backend({{"plain", fake_model(false, false)},
                                       {"json", fake_model(true, false)},
                                       {"image", fake_model(false, true)},
                                       {"jsonimage", fake_model(true, true)}})}});
  };
  const auto asked = [&](const std::string& format, Value images) {
    HostRun run(greybox_script(providers()));
    const auto answer = ask(run, prompt_args("p", format, std::move(images)));
    return answer ? run.llm.called().at(0) : answer.error().to_string();
  };
  const Value image = Value::array({Value::bytes("\xff\xd8")});
  EXPECT_EQ(asked("text", Value::array()), "a/image");  // the first by name
  EXPECT_EQ(asked("json", Value::array()), "a/json");
  EXPECT_EQ(asked("text", image), "a/image");
  EXPECT_EQ(asked("json", image), "a/jsonimage");
}

TEST(GreyboxScript, PassesPromptFormatAndModelFlags) {
  HostRun run(greybox_script(map_of({{"a", fake_backend({{"m", fake_model(true, true)}})}})));
  ASSERT_TRUE(ask(run, prompt_args("  ﬁve\u200B  words ", "json")));
  const Value& request = run.llm.requests().at(0);
  EXPECT_EQ(*request.find("format")->as_string(), "json");
  EXPECT_EQ(request.find("timeout"), nullptr);
  const Value& prompt = *request.find("prompt");
  EXPECT_EQ(*prompt.find("user_message")->as_string(), "five words");
  EXPECT_THAT(std::string(*prompt.find("system_message")->as_string()), HasSubstr("JSON"));
  EXPECT_EQ(*prompt.find("temperature")->as_real(), 0.25);
  EXPECT_EQ(*prompt.find("max_tokens")->as_integer(), Integer(4321));
  EXPECT_TRUE(*prompt.find("use_max_completion_tokens")->as_bool());
}

TEST(GreyboxScript, EmptyPromptIsAUserError) {
  HostRun run(greybox_script(map_of({{"a", text_models({"m"})}})));
  const auto answer = ask(run, prompt_args(" \u200B\n "));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), "EMPTY_PROMPT");
  EXPECT_FALSE(answer.error().fatal());
  EXPECT_THAT(run.llm.called(), IsEmpty());
}

TEST(GreyboxScript, NoProviderTellsTheAttemptsButNotThePrompt) {
  HostRun run(greybox_script(map_of({{"a", text_models({"fail-503", "dead"})}})));
  const auto answer = ask(run, prompt_args("secret prompt text"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), "NO_PROVIDER_FOR_PROMPT");
  EXPECT_TRUE(answer.error().fatal());
  const std::string text = json::write(answer.error().to_value());
  EXPECT_THAT(text, Not(HasSubstr("secret prompt text")));
  EXPECT_EQ(json::write(*answer.error().ctx().find("attempts")),
            R"([{"error":"SENDING_REQUEST","kind":"network_error","model":"dead","provider":"a"},)"
            R"({"error":"STATUS_NOT_OK","kind":"server_error","model":"fail-503",)"
            R"("provider":"a","status":503}])");
  EXPECT_EQ(json::write(*answer.error().ctx().find("primary_error")),
            R"({"error_message":"SENDING_REQUEST: network_error","model":"dead","provider":"a"})");
  EXPECT_EQ(json::write(*answer.error().ctx().find("fallback_error")),
            R"({"error_message":"STATUS_NOT_OK: server_error","model":"fail-503",)"
            R"("provider":"a","status":503})");
}

TEST(GreyboxScript, NoCapableModelSaysWhatIsMissing) {
  HostRun run(greybox_script(map_of({{"a", text_models({"m"})}})));
  const auto answer = ask(run, prompt_args("p", "json", Value::array({Value::bytes("x")})));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), "NO_PROVIDER_FOR_PROMPT");
  EXPECT_THAT(detail_of(answer.error()), HasSubstr("json+image"));
}

TEST(GreyboxScript, EndsWithTheCallInsteadOfFailingOver) {
  for (const auto& [model, code] : std::vector<std::pair<std::string, std::string>>{
           {"cancelled", "CANCELLED"}, {"late", "DEADLINE_EXCEEDED"}}) {
    HostRun run(greybox_script(map_of({{"a", text_models({model})}, {"b", text_models({"m"})}})));
    const auto answer = ask(run, prompt_args("p"));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), code);
    EXPECT_EQ(run.llm.called().size(), 1U);
  }
}

Value second_generation(const std::string& gen_per_time_unit, int units) {
  return Value::object(
      {{"genvm_id", Value::integer(1)},
       {"role", Value::string("leader")},
       {"host_data", Value::object({{"tx_id", Value::string("0x02")}})},
       {"gas_data", Value::object({{"genPerTimeUnit", Value::string(gen_per_time_unit)}})},
       {"initial_time_units_allocation", Value::integer(units)}});
}

TEST(GreyboxScript, FuelLimitsTheTimeOfAPrompt) {
  const auto timeout_with = [](Integer fuel) -> std::string {
    HostRunOptions options = greybox_script(map_of({{"a", text_models({"m"})}}));
    options.ctx = second_generation("1000000000000000000000", 1000);
    HostRun run(std::move(options));
    const auto answer = ask(run, prompt_args("p"), std::move(fuel));
    if (!answer) return std::string(answer.error().code());
    const Value* timeout = run.llm.requests().at(0).find("timeout");
    return timeout == nullptr ? "none" : json::write(*timeout);
  };
  const auto units = [](const char* text) { return *Integer::parse(text); };
  EXPECT_EQ(timeout_with(units("10000000000000000000000")),
            "15");  // 10 units, half as much again
  EXPECT_EQ(timeout_with(units("100000000000000000000000")), "none");  // over a minute
  EXPECT_EQ(timeout_with(units("500000000000000000000")), "INSUFFICIENT_EXECUTION_BUDGET");
  EXPECT_EQ(timeout_with(0), "none");
}

TEST(GreyboxScript, SpentAllocationExhaustsTheNextPrompt) {
  HostRunOptions options = greybox_script(map_of({{"a", text_models({"m"})}}));
  options.ctx = second_generation("2", 6);  // 12 gen; a prompt consumes 7
  HostRun run(std::move(options));
  EXPECT_TRUE(ask(run, prompt_args("p"), 100));
  std::vector<std::string> codes;
  for (int i = 0; i < 2; ++i) {
    std::vector<script::Argument> arguments;
    arguments.push_back({prompt_args("p")});
    arguments.push_back({Value::integer(100), true});
    const auto answer = run.call("ExecPrompt", std::move(arguments));
    codes.emplace_back(answer ? "ok" : answer.error().code());
  }
  EXPECT_THAT(codes, ElementsAre("ok", "INSUFFICIENT_EXECUTION_BUDGET"));
}

TEST(GreyboxScript, TemplatesAreAnsweredToo) {
  HostRun run(greybox_script(map_of({{"a", fake_backend({{"echo", fake_model(true, false)}})}})));
  ASSERT_TRUE(run.call("Setup"));
  std::vector<script::Argument> arguments;
  arguments.push_back({Value::object({{"template", Value::string("EqComparative")},
                                      {"leader_answer", Value::string("#{principle} 100%1")},
                                      {"validator_answer", Value::string("v")},
                                      {"principle", Value::string("same")}})});
  arguments.push_back({Value::integer(0), true});
  const auto answer = run.call("ExecPromptTemplate", std::move(arguments));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer->find("data")->as_string(), "A #{principle} 100%1 B v P same #{other}");
  EXPECT_EQ(*run.llm.requests().at(0).find("format")->as_string(), "bool");
}

}  // namespace

}  // namespace gvm::host
