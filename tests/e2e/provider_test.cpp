// The four provider kinds against recorded answers: path, headers, body, answer, token counts.
#include <gtest/gtest.h>

#include "base/json.h"
#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/http_server.h"
#include "text/json.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;

struct Row {
  std::string provider;
  std::string target;
  std::string key_header;
  std::string key_value;
  std::string user_text;  // how the prompt stands in the body
  std::string limit;      // how max_tokens stands in the body
};

std::vector<Row> rows() {
  return {
      {"openai-compatible", "/v1/chat/completions", "authorization", "Bearer sk-canary",
       R"("text":"a question")", R"("max_tokens":8000)"},
      {"anthropic", "/v1/messages", "x-api-key", "sk-canary", R"("text":"a question")",
       R"("max_tokens":8000)"},
      {"google", "/v1beta/models/m:generateContent", "x-goog-api-key", "sk-canary",
       R"("text":"a question")", R"("maxOutputTokens":8000)"},
      {"ollama", "/api/generate", "authorization", "Bearer sk-canary", R"("prompt":"a question")",
       R"("num_predict":8000)"},
  };
}

TEST(Providers, AreAskedInTheirOwnForm) {
  for (const auto& row : rows()) {
    HttpServer upstream([](const HttpServer::Request& request) {
      return HttpServer::Reply{.headers = {{"content-type", "application/json"}},
                               .body = answer_for(request.target, "an answer")};
    });
    Module module(
        {.backends = backend(
             {.host = upstream.url(""), .provider = row.provider, .more = "key: sk-canary"})});
    GenVm genvm(module.port());
    EXPECT_EQ(genvm.ask(prompt("a question")).text(), "an answer") << row.provider;
    const auto sent = upstream.last_request();
    EXPECT_EQ(sent.method, "POST");
    EXPECT_EQ(sent.target, row.target);
    EXPECT_EQ(sent.header("content-type"), "application/json");
    EXPECT_EQ(sent.header(row.key_header), row.key_value) << row.provider;
    EXPECT_NE(sent.body.find(row.user_text), std::string::npos) << sent.body;
    EXPECT_NE(sent.body.find(row.limit), std::string::npos) << sent.body;
    EXPECT_TRUE(text::parse_json(sent.body)) << sent.body;
    const std::string labels = R"({backend="main",model="m",kind=")";
    EXPECT_EQ(module.metric("genvm_llm_tokens_total" + labels + "input\"}"), 11) << row.provider;
    EXPECT_EQ(module.metric("genvm_llm_tokens_total" + labels + "output\"}"), 5) << row.provider;
  }
}

TEST(Providers, AnthropicAnswersJsonThroughATool) {
  HttpServer upstream([](const HttpServer::Request&) {
    return HttpServer::Reply{
        .body = R"({"content":[{"type":"text","text":"Let me answer."},{"type":"tool_use",)"
                R"("id":"t1","name":"answer","input":{"capital":"Tokyo","n":2}}],)"
                R"("stop_reason":"tool_use","usage":{"input_tokens":9,"output_tokens":3}})"};
  });
  Module module({.backends = backend({.host = upstream.url(""), .provider = "anthropic"})});
  GenVm genvm(module.port());
  EXPECT_EQ(json::write(genvm.ask(json_prompt("x")).data), R"({"capital":"Tokyo","n":2})");
  const auto sent = upstream.last_request();
  EXPECT_EQ(sent.header("anthropic-version"), "2023-06-01");
  EXPECT_NE(
      sent.body.find(
          R"("tool_choice":{"disable_parallel_tool_use":true,"name":"answer","type":"tool"})"),
      std::string::npos);
}

TEST(Providers, JsonAndBoolAnswersComeFromEveryKind) {
  for (const auto& row : rows()) {
    HttpServer upstream([](const HttpServer::Request& request) {
      return HttpServer::Reply{
          .body =
              answer_for(request.target, "```json\n{\"reason\": \"r\", \"result\": true}\n```")};
    });
    Module module({.backends = backend({.host = upstream.url(""), .provider = row.provider})});
    GenVm genvm(module.port());
    const Reply as_json = genvm.ask(json_prompt("x"));
    EXPECT_EQ(json::write(as_json.data), R"({"reason":"r","result":true})") << as_json.shown;
    const Reply as_bool = genvm.ask(compare("a", "b"));
    ASSERT_NE(as_bool.data.as_bool(), nullptr) << row.provider << as_bool.shown;
    EXPECT_TRUE(*as_bool.data.as_bool());
  }
}

TEST(Providers, AnAnswerCutByItsTokenLimitIsATextAndNoJson) {
  HttpServer upstream([](const HttpServer::Request& request) {
    if (request.body.find("nothing at all") != std::string::npos) {
      return HttpServer::Reply{
          .body = R"({"choices":[{"message":{"content":null},"finish_reason":"length"}]})"};
    }
    return HttpServer::Reply{.body = openai_answer("half of a sen", "length")};
  });
  Module module({.backends = backend_at(upstream.url(""))});
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "half of a sen");
  EXPECT_EQ(genvm.ask(prompt("nothing at all")).outcome(), "FatalError NO_PROVIDER_FOR_PROMPT");
  EXPECT_EQ(genvm.ask(json_prompt("x")).outcome(), "FatalError NO_PROVIDER_FOR_PROMPT");
}

TEST(Providers, ConnectionsAreKeptAcrossSessions) {
  HttpServer upstream(
      [](const HttpServer::Request&) { return HttpServer::Reply{.body = openai_answer("x")}; });
  Module module({.backends = backend_at(upstream.url(""))});
  for (int i = 0; i < 20; ++i) {
    GenVm genvm(module.port());
    EXPECT_EQ(genvm.ask(prompt("x")).text(), "x");
  }
  EXPECT_EQ(upstream.request_count(), 20u);
  EXPECT_LE(upstream.connections(), 2u) << "one for each of the two lanes";
}

}  // namespace
}  // namespace gvm::e2e
