// Which backends prompts may reach, by what they hold; and texts in the log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/http_server.h"
#include "support/paths.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using testing::HasSubstr;
using testing::Not;

std::string picture() {
  std::ifstream file(test::source_dir() + "/tests/data/images/small.png", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

HttpServer::Reply name_of(const std::string& name) {
  return {.body = openai_answer(name)};
}

// Two backends: the first one is asked unless a rule forbids it.
struct DataRulesE2e : testing::Test {
  HttpServer first{[](const auto&) { return name_of("first"); }};
  HttpServer second{[](const auto&) { return name_of("second"); }};

  ModuleOptions options(std::string data_first, std::string data_second, std::string more = "") {
    return {.backends = backend({.name = "first",
                                 .host = first.url(""),
                                 .priority = 2,
                                 .more = "data: " + std::move(data_first)}) +
                        backend({.name = "second",
                                 .host = second.url(""),
                                 .priority = 1,
                                 .more = "data: " + std::move(data_second)}),
            .more = std::move(more)};
  }
  static std::string asked(Module& module, const Value& request) {
    GenVm genvm(module.port());
    const auto reply = genvm.ask(request);
    return reply.ok() ? reply.text() : reply.shown;
  }
};

TEST_F(DataRulesE2e, PromptsWithImagesGoWhereImagesMay) {
  Module module(options("{no_images: true}", "{}"));
  EXPECT_EQ(asked(module, prompt("x")), "first");
  EXPECT_EQ(asked(module, prompt("x", {picture()})), "second");
  EXPECT_EQ(first.request_count(), 1U);
}

TEST_F(DataRulesE2e, PromptsWithPersonalDataGoWhereItMay) {
  Module module(options("{no_personal_data: true}", "{}"));
  EXPECT_EQ(asked(module, prompt("what is the capital of France?")), "first");
  EXPECT_EQ(asked(module, prompt("write to ann.lee@example.org")), "second");
  const auto long_text = std::string(40'000, 'x') + " ann.lee@example.org";
  EXPECT_EQ(asked(module, prompt(long_text)), "second") << "looked at on the background thread";
  EXPECT_EQ(first.request_count(), 1U);
}

TEST_F(DataRulesE2e, MaskedDataIsNoPersonalDataAnyMore) {
  Module module(
      options("{no_personal_data: true}", "{}",
              "guards: {enforce: true, rules: {people: {kind: personal, action: mask}}}\n"));
  EXPECT_EQ(asked(module, prompt("write to ann.lee@example.org")), "first");
}

TEST_F(DataRulesE2e, DemandsOfTheOperatorLeaveOutWhatDoesNotFit) {
  Module module(
      options("{region: us}", "{region: eu, zero_retention: true}",
              "data_rules: {personal_data: {regions: [eu], zero_retention_only: true}}\n"));
  EXPECT_EQ(asked(module, prompt("x")), "first");
  EXPECT_EQ(asked(module, prompt("write to ann.lee@example.org")), "second");
}

TEST_F(DataRulesE2e, WhenNothingIsLeftTheErrorAndExplainNameTheKeys) {
  Module module(
      options("{no_images: true}", "{region: us}", "data_rules: {images: {regions: [eu]}}\n"));
  GenVm genvm(module.port());
  const auto reply = genvm.ask(prompt("x", {picture()}));
  EXPECT_EQ(reply.outcome(), "FatalError NO_PROVIDER_FOR_PROMPT");
  EXPECT_THAT(reply.shown, HasSubstr("data_rules"));
  EXPECT_THAT(reply.shown, HasSubstr("backends.first.data.no_images"));
  EXPECT_THAT(reply.shown, HasSubstr("data_rules.images.regions (backends.second.data.region)"));
  EXPECT_EQ(first.request_count() + second.request_count(), 0U);
  const auto id = std::string(reply.ctx.find("record")->as_string().value());
  test::Finished shown;
  const auto explained = [&] {
    shown = test::run_program(
        {program("genvm-modules"), "explain", id, "--config", module.folder().file("config.yaml")});
    return shown.exit_code == 0;
  };
  ASSERT_TRUE(eventually(explained, 20s)) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("data_no_images"));
  EXPECT_THAT(shown.out, HasSubstr("data_regions"));
}

TEST_F(DataRulesE2e, AScriptCannotSendAPromptWhereItMayNotGo) {
  auto made = options("{no_personal_data: true}", "{}");
  made.script = R"lua(
local llm = require("lib-llm")
function ExecPrompt(ctx, args)
  local ok, err = pcall(llm.rs.exec_prompt_in_provider, ctx, { provider = "first", model = "m",
    format = "text", prompt = { user_message = args.prompt, temperature = 0, images = {} } })
  if ok then return err end
  local e = require("lib-genvm").rs.as_user_error(err)
  return { data = e.causes[1] .. " " .. e.ctx.data_rules[1], consumed_gen = 0 }
end
function ExecPromptTemplate() error("no") end
)lua";
  Module module(made);
  EXPECT_EQ(asked(module, prompt("write to ann.lee@example.org")),
            "DATA_RULES backends.first.data.no_personal_data");
  EXPECT_EQ(asked(module, prompt("hello")), "first");
}

// What `demand`, a Lua table, makes of a prompt: who answers, or code and keys of the error.
constexpr std::string_view kDemanding = R"lua(
local llm, lib = require("lib-llm"), require("lib-genvm")
function ExecPrompt(ctx, args)
  local demand = load("return " .. args.prompt)()
  local request = { format = "text", data = demand,
    prompt = { user_message = "x", temperature = 0, images = {} } }
  if demand and demand.of then
    request.provider, request.model, demand.of = demand.of, "m", nil
  end
  local ask = request.provider and llm.rs.exec_prompt_in_provider or llm.rs.exec_prompt
  local ok, answer = pcall(ask, ctx, request)
  if ok then return answer end
  local e = lib.rs.as_user_error(answer)
  local keys = e.ctx.data_rules or {}
  return { data = e.causes[1] .. " " .. table.concat(keys, ", "), consumed_gen = 0 }
end
function ExecPromptTemplate() error("no") end
)lua";

TEST_F(DataRulesE2e, AScriptDemandsABackendForOnePrompt) {
  auto made = options("{region: us}", "{region: eu, zero_retention: true}");
  made.script = kDemanding;
  Module module(made);
  EXPECT_EQ(asked(module, prompt("nil")), "first");
  EXPECT_EQ(asked(module, prompt("{}")), "first");
  EXPECT_EQ(asked(module, prompt("{regions = {'EU', 'ch'}}")), "second");
  EXPECT_EQ(asked(module, prompt("{zero_retention_only = true}")), "second");
  EXPECT_EQ(asked(module, prompt("{regions = {'us'}}")), "first");
  EXPECT_EQ(asked(module, prompt("{of = 'first', regions = {'us'}}")), "first");
  EXPECT_EQ(asked(module, prompt("{of = 'first', regions = {'eu'}}")),
            "DATA_RULES request.data.regions (backends.first.data.region)");
  EXPECT_EQ(asked(module, prompt("{regions = {'us'}, zero_retention_only = true}")),
            "NO_PROVIDER_FOR_PROMPT request.data.zero_retention_only "
            "(backends.first.data.zero_retention), request.data.regions "
            "(backends.second.data.region)");
}

TEST_F(DataRulesE2e, AScriptDemandsNoLessThanTheOperator) {
  auto made = options("{region: us}", "{region: eu}", "data_rules: {regions: [eu]}\n");
  made.script = kDemanding;
  Module module(made);
  EXPECT_EQ(asked(module, prompt("nil")), "second");
  EXPECT_EQ(asked(module, prompt("{regions = {'us', 'eu'}}")), "second");
  EXPECT_EQ(asked(module, prompt("{regions = {'us'}}")),
            "NO_PROVIDER_FOR_PROMPT data_rules.regions (backends.first.data.region), "
            "request.data.regions (backends.second.data.region)");
  EXPECT_EQ(first.request_count(), 0U);
}

TEST_F(DataRulesE2e, ADemandThatIsNoneIsAnErrorOfTheScript) {
  auto made = options("{region: us}", "{region: eu}");
  made.script = kDemanding;
  Module module(made);
  for (const auto* demand : {"{region = 'eu'}", "{regions = 'eu'}", "{regions = {}}",
                             "{regions = {1}}", "{regions = {''}}", "{zero_retention = true}",
                             "{zero_retention_only = 1}", "'eu'", "{'eu'}"})
    EXPECT_EQ(asked(module, prompt(demand)), "SCRIPT_BAD_ARGUMENT ") << demand;
  EXPECT_EQ(first.request_count() + second.request_count(), 0U);
}

std::string log_of(Module& module) {
  module.process().signal(SIGTERM);
  EXPECT_EQ(module.process().wait_exit(60s), 0);
  return module.process().out();
}

// An upstream that says the prompt again in every way: answers, errors, bodies.
HttpServer::Reply echo(const HttpServer::Request& request) {
  const bool fails = request.body.find("fail") != std::string::npos;
  const bool garbage = request.body.find("garbage") != std::string::npos;
  return {.status = fails ? 500 : 200,
          .body = garbage ? request.body
                  : fails ? R"({"error": {"message": "no: canary-prompt"}})"
                          : openai_answer("canary-answer of canary-prompt")};
}

void ask_everything(Module& module) {
  GenVm genvm(module.port());
  for (const auto* text : {"canary-prompt", "canary-prompt fail", "canary-prompt garbage"})
    (void)genvm.ask(prompt(text));
  (void)genvm.ask(json_prompt("canary-prompt"));
  (void)genvm.ask(compare("canary-prompt", "canary-answer"));
}

TEST(LogContent, HasNoTextsOfPromptsAndAnswersOnAnyLevel) {
  HttpServer upstream(echo);
  for (const auto* script : {"genvm-llm-default.lua", "genvm-llm-greybox.lua"}) {
    SCOPED_TRACE(script);
    std::ifstream file(test::source_dir() + "/config/" + script);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    Module module({.backends = backend({.host = upstream.url(""),
                                        .models = "{m: {supports_json: true, supports_image: true, "
                                                  "meta: {greybox: {text: 1, image: 1}}}}"}),
                   .script = text,
                   .log_level = "trace"});
    ask_everything(module);
    const auto log = log_of(module);
    EXPECT_THAT(log, HasSubstr("failed")) << "failures were logged";
    EXPECT_THAT(log, Not(HasSubstr("canary-prompt")));
    EXPECT_THAT(log, Not(HasSubstr("canary-answer")));
  }
}

TEST(LogContent, HasThemInLinesOfLevelTraceAloneWhenTheFileSaysSo) {
  HttpServer upstream(echo);
  const auto log_at = [&](std::string level) {
    Module module({.backends = backend_at(upstream.url("")),
                   .more = "log_content: true\n",
                   .log_level = std::move(level)});
    ask_everything(module);
    return log_of(module);
  };
  EXPECT_THAT(log_at("debug"), Not(HasSubstr("canary-")));
  std::istringstream lines(log_at("trace"));
  int with_texts = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("canary-") == std::string::npos) continue;
    ++with_texts;
    EXPECT_EQ(text::string_at(*text::parse_json(line), "/level"), "trace") << line;
  }
  EXPECT_GT(with_texts, 3);
}

}  // namespace
}  // namespace gvm::e2e
