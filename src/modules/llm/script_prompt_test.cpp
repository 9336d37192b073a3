#include "llm/script_prompt.h"

#include <gtest/gtest.h>

#include "base/error_codes.h"
#include "text/json.h"

namespace gvm::llm {
namespace {

Result<provider::ProviderCall> parse(std::string_view text) {
  return parse_provider_call(text::parse_json(text).value());
}

constexpr std::string_view kFull =
    R"({"provider":"p","model":"m","format":"json","timeout":1.5,"prompt":{
  "system_message":"s","user_message":"u","temperature":0.5,"images":[],"max_tokens":10,
  "use_max_completion_tokens":true,"seed":7,"extra":{"top_p":0.9,"stop":["a","b"],"user":"x"}}})";

TEST(ScriptPrompt, TakesEveryFieldOfTheScriptsTable) {
  auto call = parse(kFull);
  ASSERT_TRUE(call) << call.error().to_string();
  EXPECT_EQ(call->provider, "p");
  EXPECT_EQ(call->model, "m");
  EXPECT_EQ(call->format, provider::Format::json);
  EXPECT_EQ(call->prompt.system_message->view(), "s");
  EXPECT_EQ(call->prompt.user_message.view(), "u");
  EXPECT_EQ(call->prompt.sampling.temperature, 0.5);
  EXPECT_EQ(call->prompt.max_tokens, 10u);
  EXPECT_TRUE(call->prompt.use_max_completion_tokens);
  EXPECT_EQ(call->prompt.sampling.seed, 7u);
  EXPECT_EQ(call->prompt.timeout, std::chrono::milliseconds(1500));
}

TEST(ScriptPrompt, SamplingNamesInExtraBecomeSamplingForEveryProvider) {
  auto call = parse(kFull);
  ASSERT_TRUE(call);
  EXPECT_EQ(call->prompt.sampling.top_p, 0.9);
  EXPECT_EQ(call->prompt.sampling.stop, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(call->prompt.extra, Value::fields("user", Value::string("x")));
}

TEST(ScriptPrompt, ASchemaIsATableOrJsonTextAndABadOneIsRefused) {
  const auto with = [](std::string_view format, std::string_view schema) {
    return parse(R"({"provider":"p","model":"m","format":")" + std::string(format) +
                 R"(","schema":)" + std::string(schema) + R"(,"prompt":{"user_message":"u"}})");
  };
  for (const auto* schema : {R"({"required":["a"]})", R"("{\"required\":[\"a\"]}")"}) {
    auto call = with("json", schema);
    ASSERT_TRUE(call) << call.error().to_string();
    EXPECT_TRUE(call->schema->violation("{}")) << schema;
    EXPECT_TRUE(with("bool", schema)) << schema;
    EXPECT_FALSE(with("text", schema)) << schema;
  }
  EXPECT_FALSE(parse(kFull)->schema);
  for (const auto* bad : {R"({"required":7})", "7", R"("{")", R"({"pattern":"("})"})
    EXPECT_EQ(with("json", bad).error().code(), codes::kScriptBadArgument) << bad;
}

TEST(ScriptPrompt, AnEmptyTableOfImagesIsNoImages) {
  auto call = parse(
      R"({"provider":"p","model":"m","prompt":{"user_message":"u","images":{},"temperature":1}})");
  ASSERT_TRUE(call);
  EXPECT_TRUE(call->prompt.images.empty());
}

TEST(ScriptPrompt, WrongArgumentsNameFieldExpectationAndFinding) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"1", "request: expected a table"},
      {R"({"model":"m","prompt":{"user_message":"u"}})", "provider: expected a string"},
      {R"({"provider":"p","prompt":{"user_message":"u"}})", "model: expected a string"},
      {R"({"provider":"p","model":"m"})", "prompt: expected a table"},
      {R"({"provider":"p","model":"m","prompt":{}})", "prompt.user_message: expected a string"},
      {R"({"provider":"p","model":"m","format":"xml","prompt":{"user_message":"u"}})", "\"xml\""},
      {R"({"provider":"p","model":"m","prompt":{"user_message":"u","temperature":"hot"}})",
       "prompt.temperature"},
      {R"({"provider":"p","model":"m","prompt":{"user_message":"u","max_tokens":-1}})",
       "prompt.max_tokens"},
      {R"({"provider":"p","model":"m","prompt":{"user_message":"u","max_tokens":1.5}})",
       "prompt.max_tokens"},
      {R"({"provider":"p","model":"m","prompt":{"user_message":"u","images":["zz"]}})", "PNG"},
      {R"({"provider":"p","model":"m","prompt":{"user_message":"u","images":"zz"}})",
       "prompt.images"},
      {R"({"provider":"p","model":"m","prompt":{"user_message":"u","timeout":0}})",
       "prompt.timeout"},
      {R"({"provider":"p","model":"m","timeout":1e9,"prompt":{"user_message":"u"}})", "timeout"},
      {R"({"provider":"p","model":"m","prompt":{"user_message":"u","extra":[1]}})", "prompt.extra"},
      {R"({"provider":"p","model":"m","prompt":{"user_message":"u","extra":{"top_p":"x"}}})",
       "prompt.extra.top_p"},
      {R"({"provider":"p","model":"m","prompt":{"user_message":"u","extra":{},"extra_merge_strategy":"x"}})",
       "extra_merge_strategy"},
  };
  for (const auto& [text, expected] : rows) {
    auto call = parse(text);
    ASSERT_FALSE(call) << text;
    EXPECT_NE(call.error().to_string().find(expected), std::string::npos)
        << call.error().to_string();
  }
}

}  // namespace
}  // namespace gvm::llm
