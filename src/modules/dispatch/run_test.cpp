// One prompt to one model over real sockets, against an upstream with and without faults.
#include "dispatch/run.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <filesystem>

#include "base/error_codes.h"
#include "base/json.h"
#include "provider/codes.h"
#include "support/http_server.h"
#include "text/codes.h"
#include "text/json.h"

namespace gvm::dispatch {
namespace {

using test::HttpServer;
using Reply = HttpServer::Reply;
using Behaviour = HttpServer::Behaviour;
using std::chrono::milliseconds;

constexpr std::string_view kKey = "sk-canary-0123456789";

std::string openai_answer(std::string_view content) {
  std::string body = R"({"choices":[{"message":{"content":)";
  json::write_string_to(body, content);
  return body +
         R"(},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}})";
}

Reply ok(std::string body) {
  return {
      .status = 200, .headers = {{"content-type", "application/json"}}, .body = std::move(body)};
}

// A module's engine with one backend "b" of one model "m" at `host`, and one lane's client.
class Bench {
 public:
  explicit Bench(const std::string& host, std::function<void(config::BackendConfig&)> change = {}) {
    auto config = std::make_shared<config::LlmConfig>();
    config->common.data_dir = folder_.path;
    config::BackendConfig backend;
    backend.name = "b";
    backend.host = host.ends_with('/') ? host.substr(0, host.size() - 1) : host;
    backend.provider_setting = config::Provider::openai_compatible;
    backend.key = Secret(std::string(kKey));
    backend.auth.style = config::AuthStyle::bearer;
    config::ModelConfig model;
    model.name = "m";
    model.supports_json = true;
    model.timeouts.total = milliseconds(5000);
    backend.models.push_back(model);
    if (change) change(backend);
    config->backends.push_back(std::move(backend));
    auto redactor =
        std::make_shared<const Redactor>(std::vector<Secret>{Secret(std::string(kKey))});
    catalog_ = std::make_unique<provider::Catalog>(config, redactor, counters_);
    engine_->router = Router::make(*catalog_).value();
    engine_->spending =
        billing::Spending::open(config, config::Environment(), log::Logger()).value();
  }
  ~Bench() { engine_->spending->close(); }

  // A single step.
  Result<provider::ProviderAnswer> call(provider::Format format, std::string_view text = "hello",
                                        provider::JsonShape shape = provider::JsonShape::map) {
    provider::ProviderCall call;
    call.provider = "b";
    call.model = "m";
    call.format = format;
    call.prompt.user_message = Blob::borrow(text);
    return call_with(std::move(call), shape);
  }

  Result<provider::ProviderAnswer> call_with(provider::ProviderCall call,
                                             provider::JsonShape shape = provider::JsonShape::map) {
    auto prompt = resolve_single_step(std::move(call), *catalog_);
    if (!prompt) return fail(std::move(prompt).error());
    auto answer = run(std::move(*prompt), shape);
    if (!answer) return fail(std::move(answer).error());
    return std::move(answer->answer);
  }

  Result<PromptAnswer> run(ResolvedPrompt prompt,
                           provider::JsonShape shape = provider::JsonShape::map) {
    RunContext context;
    context.engine = engine_;
    context.call = {&http_, catalog_.get(), &counters_, shape};
    context.facts = &facts_;
    std::optional<Result<PromptAnswer>> result;
    asio::co_spawn(
        context_, run_prompt(context, std::move(prompt), Deadline::in(std::chrono::seconds(20))),
        [&](std::exception_ptr, Result<PromptAnswer> done) { result.emplace(std::move(done)); });
    context_.restart();
    context_.run();
    return std::move(*result);
  }

  provider::Counters counters_;

 private:
  struct Folder {
    Folder() {
      std::string name = std::filesystem::temp_directory_path() / "gvm-run-XXXXXX";
      path = ::mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string path;
  };

  Folder folder_;
  asio::io_context context_{1};
  net::HttpClient http_{context_, {}};
  std::unique_ptr<provider::Catalog> catalog_;
  std::shared_ptr<Engine> engine_ = std::make_shared<Engine>();
  billing::SessionFacts facts_;
};

TEST(SingleStep, AnswersTextWithUsage) {
  HttpServer server([](const auto&) { return ok(openai_answer("Paris")); });
  Bench bench(server.url(""));
  auto answer = bench.call(provider::Format::text);
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->data.as_string(), "Paris");
  EXPECT_EQ(answer->usage.total, 7u);
  EXPECT_EQ(server.last_request().target, "/v1/chat/completions");
  EXPECT_EQ(server.last_request().header("authorization"), "Bearer " + std::string(kKey));
  EXPECT_EQ(bench.counters_.at(0).output_tokens.load(), 4u);
  EXPECT_EQ(bench.counters_.at(0).answered.load(), 1u);
}

TEST(SingleStep, RepairsJsonAndGivesItInTheShapeOfTheGeneration) {
  HttpServer server([](const auto&) {
    return ok(openai_answer("Sure:\n```json\n{\"b\": 2, \"a\": [1.5, null]}\n```"));
  });
  Bench bench(server.url(""));
  auto map = bench.call(provider::Format::json);
  ASSERT_TRUE(map) << map.error().to_string();
  EXPECT_EQ(json::write(map->data), R"({"a":[1.5,null],"b":2})");
  auto text = bench.call(provider::Format::json, "x", provider::JsonShape::text);
  ASSERT_TRUE(text);
  EXPECT_EQ(text::parse_json(*text->data.as_string()).value(), map->data);
}

TEST(SingleStep, ReadsABoolAnswer) {
  HttpServer server(
      [](const auto&) { return ok(openai_answer(R"({"reason":"same","result":true})")); });
  Bench bench(server.url(""));
  auto answer = bench.call(provider::Format::boolean);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(*answer->data.as_bool());
}

TEST(SingleStep, AnUnusableAnswerIsStillCharged) {
  HttpServer server([](const auto&) { return ok(openai_answer("I would rather not.")); });
  Bench bench(server.url(""));
  auto answer = bench.call(provider::Format::json);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), codes::kAnswerNotUsable);
  EXPECT_NE(answer.error().ctx().find("tokens"), nullptr);
  EXPECT_EQ(bench.counters_.at(0).output_tokens.load(), 4u);
  EXPECT_EQ(bench.counters_.at(0).unusable.load(), 1u);
}

// Answers one after another; the last one from then on.
HttpServer::Handler in_turn(std::vector<std::string> answers, std::atomic<std::size_t>& calls) {
  return [answers = std::move(answers), &calls](const auto&) {
    return ok(openai_answer(answers[std::min(calls++, answers.size() - 1)]));
  };
}

ResolvedPrompt routed(std::string_view text, provider::Format format) {
  ResolvedPrompt prompt;
  prompt.format = format;
  prompt.prompt.user_message = Blob::borrow(text);
  return prompt;
}

TEST(Prompt, AnAnswerThatIsNoUseIsAskedForAgainWithTheFaultNamed) {
  for (const auto format : {provider::Format::json, provider::Format::boolean}) {
    std::atomic<std::size_t> calls{0};
    HttpServer server(
        in_turn({"I say: result is true.", R"({"reason":"r","result":true})"}, calls));
    Bench bench(server.url(""));
    auto answer = bench.run(routed("judge", format));
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(calls.load(), 2U);
    const Value body = text::parse_json(server.last_request().body).value();
    const auto& messages = *body.find("messages")->as_array();
    const auto size = messages.size();
    EXPECT_EQ(messages[size - 3].find("role")->as_string(), "user");
    EXPECT_EQ(messages[size - 2].find("role")->as_string(), "assistant");
    EXPECT_EQ(messages[size - 2].find("content")->as_string(), "I say: result is true.");
    EXPECT_EQ(messages[size - 1].find("role")->as_string(), "user");
    EXPECT_NE(messages[size - 1].find("content")->as_string()->find("cannot be used"),
              std::string_view::npos);
    EXPECT_EQ(bench.counters_.at(0).unusable.load(), 1U);
    EXPECT_EQ(bench.counters_.at(0).output_tokens.load(), 8U) << "both are paid";
  }
}

TEST(Prompt, IsAskedForAgainOnceAndThenFails) {
  std::atomic<std::size_t> calls{0};
  HttpServer server(in_turn({"no", "still no"}, calls));
  Bench bench(server.url(""));
  auto answer = bench.run(routed("judge", provider::Format::boolean));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), codes::kNoProviderForPrompt);
  EXPECT_EQ(calls.load(), 2U);
}

TEST(Prompt, ATextIsNotAskedForAgain) {
  std::atomic<std::size_t> calls{0};
  HttpServer server(in_turn({"{\"result\": tr"}, calls));
  Bench bench(server.url(""));
  EXPECT_TRUE(bench.run(routed("write", provider::Format::text)));
  EXPECT_EQ(calls.load(), 1U);
}

std::shared_ptr<const json_schema::Schema> schema_of(std::string_view text) {
  return *json_schema::Schema::compile(*text::parse_json(text));
}

TEST(Prompt, AnAnswerOfAnotherFormIsAskedForAgainWithTheViolationNamed) {
  std::atomic<std::size_t> calls{0};
  HttpServer server(in_turn({"```json\n{'amount': \"7\",}\n```", R"({"amount":7})"}, calls));
  Bench bench(server.url(""));
  auto prompt = routed("pay", provider::Format::json);
  prompt.schema = schema_of(R"({"properties":{"amount":{"type":"integer"}}})");
  auto answer = bench.run(std::move(prompt));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(json::write(answer->answer.data), R"({"amount":7})");
  EXPECT_NE(server.last_request().body.find("at /amount: Expected integer, found string"),
            std::string::npos)
      << server.last_request().body;
}

TEST(Prompt, TheModelsFormCountsUnlessTheCallHasItsOwn) {
  const auto make = [](auto& backend) {
    backend.models[0].form.compiled = schema_of(R"({"required":["of_the_model"]})");
  };
  std::atomic<std::size_t> calls{0};
  HttpServer server(in_turn({R"({"of_the_call":1})"}, calls));
  Bench bench(server.url(""), make);
  EXPECT_FALSE(bench.run(routed("x", provider::Format::json)));
  auto own = routed("x", provider::Format::json);
  own.schema = schema_of(R"({"required":["of_the_call"]})");
  EXPECT_TRUE(bench.run(std::move(own)));
}

TEST(Prompt, AVerdictMustHaveItsFormToo) {
  std::atomic<std::size_t> calls{0};
  HttpServer server(in_turn({R"({"result":true})", R"({"reason":"r","result":false})"}, calls));
  Bench bench(server.url(""));
  auto prompt = routed("judge", provider::Format::boolean);
  prompt.schema = schema_of(R"({"required":["reason"]})");
  auto answer = bench.run(std::move(prompt));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_FALSE(*answer->answer.data.as_bool());
}

TEST(SingleStep, IsToldWhatWasWrongWhenItsRetryAllowsASecondCall) {
  std::atomic<std::size_t> calls{0};
  HttpServer server(in_turn({"no", R"({"result":true})"}, calls));
  Bench bench(server.url(""), [](auto& backend) { backend.retry.attempts = 2; });
  auto answer = bench.call(provider::Format::boolean);
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_NE(server.last_request().body.find("cannot be used"), std::string::npos);
}

TEST(SingleStep, AStatusErrorCarriesStatusProviderModelAndARedactedBody) {
  HttpServer server([](const auto& request) {
    return Reply{.status = 401,
                 .body = R"({"error":{"message":"bad key )" +
                         request.header("authorization").substr(7) + "\"}}"};
  });
  Bench bench(server.url(""));
  auto answer = bench.call(provider::Format::text);
  ASSERT_FALSE(answer);
  const Error& error = answer.error();
  EXPECT_EQ(error.code(), codes::kStatusNotOk);
  EXPECT_EQ(error.ctx().find("status")->as_integer()->to_i64(), 401);
  EXPECT_EQ(error.ctx().find("provider")->as_string(), "b");
  EXPECT_EQ(error.ctx().find("model")->as_string(), "m");
  const std::string shown = json::write(error.to_value());
  EXPECT_EQ(shown.find(kKey), std::string::npos) << shown;
  EXPECT_NE(shown.find("[redacted]"), std::string::npos) << shown;
}

TEST(SingleStep, TheBodyOfAnErrorIsBounded) {
  HttpServer server(
      [](const auto&) { return Reply{.status = 500, .body = std::string(1'000'000, 'x')}; });
  Bench bench(server.url(""));
  auto answer = bench.call(provider::Format::text);
  ASSERT_FALSE(answer);
  EXPECT_LT(json::write(answer.error().to_value()).size(), 8000u);
}

TEST(SingleStep, MisbehavingUpstreamsGiveTypedErrors) {
  const std::pair<Behaviour, std::string_view> rows[] = {
      {Behaviour::cut, codes::kSendingRequest},
      {Behaviour::garbage, codes::kSendingRequest},
      {Behaviour::cut_in_body, codes::kReadingBody},
      {Behaviour::length_too_long, codes::kReadingBody},
      {Behaviour::hang, codes::kDeadlineExceeded},
      {Behaviour::hang_in_body, codes::kDeadlineExceeded},
  };
  for (const auto& [behaviour, code] : rows) {
    HttpServer server([&](const auto&) {
      Reply reply = ok(openai_answer("x"));
      reply.behaviour = behaviour;
      return reply;
    });
    Bench bench(server.url(""),
                [](auto& backend) { backend.models[0].timeouts.total = milliseconds(300); });
    auto answer = bench.call(provider::Format::text);
    ASSERT_FALSE(answer) << static_cast<int>(behaviour);
    EXPECT_EQ(answer.error().code(), code) << answer.error().to_string();
  }
}

TEST(SingleStep, ABodyThatIsNoJsonSaysSoWithItsBeginning) {
  HttpServer server([](const auto&) { return ok("<html>login</html>"); });
  Bench bench(server.url(""));
  auto answer = bench.call(provider::Format::text);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), codes::kDeserializing);
  EXPECT_EQ(answer.error().ctx().find("body")->as_string(), "<html>login</html>");
}

TEST(SingleStep, RetriesAsOftenAsTheBackendSaysAndThenSucceeds) {
  std::atomic<int> calls{0};
  HttpServer server([&](const auto&) {
    if (++calls < 3) return Reply{.status = 503, .headers = {{"retry-after-ms", "1"}}};
    return ok(openai_answer("late"));
  });
  Bench bench(server.url(""), [](auto& backend) { backend.retry.attempts = 3; });
  auto answer = bench.call(provider::Format::text);
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(calls.load(), 3);
  EXPECT_EQ(bench.counters_.at(0).retries.load(), 2u);
}

TEST(SingleStep, DoesNotWaitPastTheDeadlineForARetry) {
  HttpServer server(
      [](const auto&) { return Reply{.status = 503, .headers = {{"retry-after", "3600"}}}; });
  Bench bench(server.url(""), [](auto& backend) { backend.retry.attempts = 3; });
  auto answer = bench.call(provider::Format::text);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), codes::kStatusNotOk);
  EXPECT_EQ(server.request_count(), 1u);
}

TEST(SingleStep, RefusesImagesForAModelThatTakesNone) {
  HttpServer server([](const auto&) { return ok(openai_answer("x")); });
  Bench bench(server.url(""));
  provider::ProviderCall call;
  call.provider = "b";
  call.model = "m";
  call.prompt.user_message = Blob::borrow("u");
  call.prompt.images.push_back(Blob::borrow("\x89PNG\r\n\x1a\n"));
  auto answer = bench.call_with(std::move(call));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), codes::kMissingCapability);
  EXPECT_EQ(server.request_count(), 0u);
}

TEST(SingleStep, AnUnknownBackendOrModelNamesWhatThereIs) {
  Bench bench("http://127.0.0.1:1");
  provider::ProviderCall call;
  call.provider = "x";
  call.model = "m";
  auto answer = bench.call_with(std::move(call));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), codes::kUnknownProvider);
  EXPECT_NE(answer.error().to_string().find("there are: b"), std::string::npos);
}

TEST(SingleStep, ExtraReachesTheBodyByItsStrategy) {
  HttpServer server([](const auto&) { return ok(openai_answer("x")); });
  Bench bench(server.url(""));
  provider::ProviderCall call;
  call.provider = "b";
  call.model = "m";
  call.prompt.user_message = Blob::borrow("u");
  call.prompt.extra = Value::fields("user", Value::string("me"), "model", Value::string("other"));
  ASSERT_TRUE(bench.call_with(std::move(call)));
  const Value body = text::parse_json(server.last_request().body).value();
  EXPECT_EQ(body.find("user")->as_string(), "me");
  EXPECT_EQ(body.find("model")->as_string(), "other");
}

}  // namespace
}  // namespace gvm::dispatch
