// One call at one model over real sockets: what counts as an answer, what is learned, where it
// goes.
#include "provider/exchange.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>

#include "base/error_codes.h"
#include "provider/check.h"
#include "provider/check_picture.h"
#include "support/http_server.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::provider {
namespace {

using routing::ErrorKind;
using test::HttpServer;
using Reply = HttpServer::Reply;
using std::chrono::milliseconds;

config::BackendConfig backend_at(std::string host, config::Provider provider) {
  config::BackendConfig backend;
  backend.name = "b";
  while (host.ends_with('/')) host.pop_back();
  backend.host = std::move(host);
  backend.provider_setting = provider;
  config::ModelConfig model;
  model.name = "m";
  model.supports_json = true;
  model.supports_image = true;
  model.timeouts.total = milliseconds(10'000);
  backend.models.push_back(std::move(model));
  return backend;
}

// A backend "b" with one model "m" at a server that answers as the test says.
class Bench {
 public:
  explicit Bench(HttpServer::Handler handler,
                 config::Provider provider = config::Provider::openai_compatible)
      : server_(std::move(handler)), backend(backend_at(server_.url(""), provider)) {}

  config::ModelConfig& model() { return backend.models.front(); }
  HttpServer& server() { return server_; }

  Exchanged ask(Format format = Format::text, bool with_image = false) {
    if (!catalog_) {
      auto config = std::make_shared<config::LlmConfig>();
      config->backends.push_back(backend);
      catalog_ = std::make_unique<Catalog>(
          config, std::make_shared<const Redactor>(std::vector<Secret>{}), counters_);
    }
    const auto found = catalog_->find("b", "m").value();
    ProviderCall call;
    call.format = format;
    call.prompt.user_message = Blob::borrow("hello");
    call.prompt.sampling.temperature = 0.5;
    call.prompt.max_tokens = 77;
    const std::string picture = check_picture();
    if (with_image) call.prompt.images.push_back(Blob::borrow(picture));
    std::optional<Exchanged> out;
    boost::asio::co_spawn(
        context_,
        exchange({&http_, catalog_.get(), &counters_}, Target{found.backend, found.model},
                 std::move(call), Deadline::in(std::chrono::seconds(20))),
        [&](std::exception_ptr, Exchanged done) { out.emplace(std::move(done)); });
    context_.restart();
    context_.run();
    return std::move(*out);
  }

 private:
  HttpServer server_;
  boost::asio::io_context context_{1};
  net::HttpClient http_{context_, {}};
  Counters counters_;
  std::unique_ptr<Catalog> catalog_;

 public:
  config::BackendConfig backend;
};

HttpServer::Handler always(Reply reply) {
  return [reply](const HttpServer::Request&) { return reply; };
}

std::string chat(std::string_view content_json, std::string_view reason = "stop") {
  return R"({"choices":[{"message":{"content":)" + std::string(content_json) +
         R"(},"finish_reason":")" + std::string(reason) +
         R"("}],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}})";
}

TEST(Exchange, TwoMembersOfOneNameInTheBodyAreTwoReadings) {
  const std::string usage = R"("usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7})";
  for (
      const std::string& body :
      {R"({"choices":[{"message":{"content":"pay"},"finish_reason":"length","finish_reason":"stop"}],)" +
           usage + "}",
       R"({"choices":[{"message":{"content":"no","content":"pay"},"finish_reason":"stop"}],)" +
           usage + "}",
       R"({"error":{"code":500},"choices":[{"message":{"content":"pay"},"finish_reason":"stop"}],)" +
           usage + R"(,"error":null})"}) {
    Bench bench(always({.body = body}));
    const auto answer = bench.ask();
    ASSERT_FALSE(answer) << body;
    EXPECT_EQ(answer.error().kind, ErrorKind::no_answer) << body;
    ASSERT_TRUE(answer.error().usage) << body;
    EXPECT_EQ(answer.error().usage->output, 4u) << body;
  }
  Bench alike(always({.body = R"({"choices":[{"message":{"content":"pay"},"finish_reason":"stop",)"
                              R"("finish_reason":"stop"}],)" +
                              usage + "}"}));
  EXPECT_TRUE(alike.ask());

  Bench forced(always({.body = R"({"content":[{"type":"tool_use","id":"t","name":"answer","input":)"
                               R"({"result":false,"reason":"r","result":true}}],)"
                               R"("stop_reason":"tool_use"})"}),
               config::Provider::anthropic);
  EXPECT_FALSE(forced.ask(Format::boolean));
}

TEST(Exchange, ACutTextIsDeliveredAndMarkedUnlessTheModelSaysOtherwise) {
  Bench bench(always({.body = chat(R"("half a sen")", "length")}));
  const auto answer = bench.ask();
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_TRUE(answer->cut);
  EXPECT_EQ(answer->data.as_string(), "half a sen");
  ProviderAnswer copy = *answer;
  EXPECT_TRUE(*std::move(copy).to_value().find("cut")->as_bool());

  Bench strict(always({.body = chat(R"("half a sen")", "length")}));
  strict.model().cut_text = config::CutText::fail;
  const auto failed = strict.ask();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::token_limit);
  EXPECT_EQ(failed.error().stage, CallStage::meaning);
  ASSERT_TRUE(failed.error().usage);
  EXPECT_EQ(failed.error().usage->output, 4u);
}

TEST(Exchange, ACutObjectOrVerdictIsAFailureThatSaysWhere) {
  for (const auto format : {Format::json, Format::boolean}) {
    for (const auto* text :
         {R"("{\"pay_to\": [\"ann\", \"bob\"")", R"("{\"result\": true}")", "null"}) {
      Bench bench(always({.body = chat(text, "length")}));
      const auto answer = bench.ask(format);
      ASSERT_FALSE(answer) << text;
      EXPECT_EQ(answer.error().kind, ErrorKind::token_limit);
      EXPECT_NE(answer.error().to_string().find("cut at 4 tokens"), std::string::npos)
          << answer.error().to_string();
    }
  }
}

TEST(Exchange, AnEmptyToolCallThatWasCutIsNoAnswer) {
  Bench bench(
      always({.body =
                  R"({"content":[{"type":"tool_use","name":"answer","input":{}}],)"
                  R"("stop_reason":"max_tokens","usage":{"input_tokens":3,"output_tokens":9}})"}),
      config::Provider::anthropic);
  const auto answer = bench.ask(Format::json);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::token_limit);
}

TEST(Exchange, ALimitUsedUpBeforeTheFirstWordIsAFailure) {
  Bench bench(always({.body = chat("null", "length")}));
  const auto answer = bench.ask();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::token_limit);
  EXPECT_NE(answer.error().to_string().find("reasoning"), std::string::npos);
}

TEST(Exchange, WhiteSpaceAloneIsEmpty) {
  for (const auto format : {Format::text, Format::json}) {
    Bench bench(always({.body = chat(R"("  \n\t ")")}));
    const auto answer = bench.ask(format);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, ErrorKind::empty);
    EXPECT_TRUE(answer.error().usage) << "it is paid for";
  }
}

TEST(Exchange, ReasoningIsNoPartOfATextUnlessTheModelSaysOtherwise) {
  const Reply reply{.body = chat(R"("<think>say yes</think>\n\nNo.")")};
  Bench bench(always(reply));
  EXPECT_EQ(bench.ask()->data.as_string(), "No.");
  Bench raw(always(reply));
  raw.model().strip_reasoning = false;
  EXPECT_EQ(raw.ask()->data.as_string(), "<think>say yes</think>\n\nNo.");
}

TEST(Exchange, ATextWhoseEndOfReasoningMayBeQuotedIsAskedForAgain) {
  Bench bench(always({.body = chat(R"("Its last line is:\n</think>\nPay ann.")")}));
  const auto answer = bench.ask();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::unusable);
  ASSERT_TRUE(answer.error().correction);
  EXPECT_TRUE(answer.error().correction->fault.contains("no marks of reasoning"));
  EXPECT_FALSE(answer.error().correction->fault.contains("JSON"));
}

TEST(Exchange, ATextKeepsWhatStandsInFrontOfAThought) {
  Bench bench(always({.body = chat(R"("Part one. <think>pause</think> Part two.")")}));
  EXPECT_EQ(bench.ask()->data.as_string(), "Part one. Part two.");
}

TEST(Exchange, ARefusalSaysTheProvidersOwnWords) {
  Bench bench(always({.body = R"({"choices":[{"message":{"content":null,"refusal":"I must not."},)"
                              R"("finish_reason":"stop"}]})"}));
  const auto answer = bench.ask();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::content_refused);
  EXPECT_EQ(answer.error().said, "I must not.");
  EXPECT_NE(answer.error().to_string().find("I must not."), std::string::npos);
}

TEST(Exchange, AnErrorBesideSuccessIsWhatItsCodeSaysAndWasNotProduced) {
  Bench bench(always({.headers = {{"retry-after", "4"}},
                      .body = R"({"error":{"code":429,"message":"Provider returned error"}})"}));
  const auto answer = bench.ask();
  ASSERT_FALSE(answer);
  const auto& failure = answer.error();
  EXPECT_EQ(failure.kind, ErrorKind::rate_limited);
  EXPECT_EQ(failure.stage, CallStage::status);
  EXPECT_EQ(failure.status, 429);
  EXPECT_EQ(failure.retry_after, milliseconds(4'000));
  EXPECT_FALSE(failure.usage);
  EXPECT_EQ(failure.code(), codes::kStatusNotOk);
  EXPECT_EQ(failure.said, "Provider returned error");
}

std::string_view kUsage = R"("usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7})";

TEST(Exchange, AnErrorThatBrokeOffAnAnswerIsPaidByItsUsage) {
  const std::string error = R"({"error":{"code":502,"message":"upstream died"},)";
  const std::string half = R"("choices":[{"message":{"content":"half"},"finish_reason":"stop"}],)";
  Bench broke_off(always({.body = error + half + std::string(kUsage) + "}"}));
  const auto answer = broke_off.ask();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::server_error);
  ASSERT_TRUE(answer.error().usage);
  EXPECT_EQ(answer.error().usage->output, 4u);

  Bench nothing(always({.body = error + R"("usage":{"prompt_tokens":3,"completion_tokens":0}})"}));
  EXPECT_FALSE(nothing.ask().error().usage) << "nothing was produced";
  Bench status(always({.status = 500, .body = error + std::string(kUsage) + "}"}));
  EXPECT_FALSE(status.ask().error().usage) << "an error status is not paid by a usage";
}

TEST(Exchange, ACodeBesideASuccessThatBlamesTheRequestCountsAsAnErrorStatusOfIt) {
  Bench bench(always({.body = R"({"error":{"code":"content_filter","message":"filtered"}})"}));
  const auto answer = bench.ask();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::content_refused);
  EXPECT_EQ(answer.error().status, 400);
  EXPECT_EQ(answer.error().said, "filtered");
}

// A text cut within an emoji, as an escape and as bytes, and a body with a byte order mark.
TEST(Exchange, HalfACharacterLosesNeitherTheAnswerNorItsUsage) {
  const std::pair<std::string, std::string> rows[] = {
      {chat(R"("hi \ud83d")", "length"), "hi \ufffd"},
      {chat(R"("\ude00 hi")"), "\ufffd hi"},
      {chat(R"("hi \ud83d\n")"), "hi \ufffd\n"},
      {chat(R"("\ud83d\ud83d\ude00")"), "\ufffd\U0001f600"},
      {chat("\"hi \xf0\x9f\x98\"", "length"), "hi \ufffd"},
      {chat("\"hi\n\x01\""), "hi\n\x01"},
      {"\xef\xbb\xbf" + chat(R"("hi")"), "hi"},
      {"\xef\xbb\xbf" + chat(R"("hi \ud83d")"), "hi \ufffd"}};
  for (const auto& [body, text] : rows) {
    Bench bench(always({.body = body}));
    const auto answer = bench.ask();
    ASSERT_TRUE(answer) << body << answer.error().to_string();
    EXPECT_EQ(answer->data.as_string(), text) << body;
    EXPECT_EQ(answer->usage.output, 4u) << body;
  }
  for (const std::string wrong : {"hi \xff", "\xf0\x9f\x98 hi", "\xc3\x28", "\xed\xa0\x80"}) {
    Bench bench(always({.body = chat("\"" + wrong + "\"")}));
    EXPECT_FALSE(bench.ask()) << "bytes that no limit leaves are no answer";
  }
  Bench bad(always({.body = chat(R"("hi \ud83d")") + "}"}));
  EXPECT_EQ(bad.ask().error().kind, ErrorKind::garbled) << "other faults stay faults";
}

TEST(Exchange, AnEmptyErrorBesideAnAnswerIsNone) {
  for (const auto* none : {R"("")", "null", "{}", "false", "[]"}) {
    const std::string body =
        R"({"error":)" + std::string(none) + "," + chat(R"("whole")").substr(1);
    Bench bench(always({.body = body}));
    const auto answer = bench.ask();
    ASSERT_TRUE(answer) << none << answer.error().to_string();
    EXPECT_EQ(answer->data.as_string(), "whole");
  }
}

TEST(Exchange, AnHtmlErrorPageIsAServerErrorWithItsStatus) {
  for (const int status : {502, 503, 520, 524, 526, 529}) {
    Bench bench(always({.status = status,
                        .headers = {{"content-type", "text/html"}},
                        .body = "<html><title>Web server is down</title></html>"}));
    const auto answer = bench.ask();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), codes::kStatusNotOk);
    EXPECT_EQ(answer.error().status, status);
    EXPECT_EQ(answer.error().kind,
              status == 503 || status == 529 ? ErrorKind::overloaded : ErrorKind::server_error);
    EXPECT_EQ(answer.error().said, "Web server is down");
  }
}

TEST(Exchange, AnyStatusOfSuccessWithAProperBodyIsAnAnswer) {
  for (const int status : {201, 202, 203, 206}) {
    Bench bench(always({.status = status, .body = chat(R"("hi")")}));
    const auto answer = bench.ask();
    ASSERT_TRUE(answer) << status << answer.error().to_string();
    EXPECT_EQ(answer->usage.output, 4u);
  }
  Bench empty(always({.status = 202, .body = ""}));
  EXPECT_EQ(empty.ask().error().code(), codes::kStatusNotOk);
}

// Takes no temperature, and wants max_completion_tokens.
Reply picky(const HttpServer::Request& request) {
  const auto refuse = [](std::string_view name) {
    return Reply{.status = 400,
                 .body = R"({"error":{"message":"Unsupported parameter: ')" + std::string(name) +
                         R"('","type":"invalid_request_error","param":")" + std::string(name) +
                         R"(","code":"unsupported_parameter"}})"};
  };
  const Value body = text::parse_json(request.body).value();
  if (body.find("temperature") != nullptr) return refuse("temperature");
  if (body.find("max_tokens") != nullptr) return refuse("max_tokens");
  return {.body = chat(R"("ok")")};
}

TEST(Exchange, AParameterTheModelDoesNotTakeIsLeftOutAtOnceAndFromThenOn) {
  Bench bench(picky);
  ASSERT_TRUE(bench.ask());
  EXPECT_EQ(bench.server().request_count(), 3u);
  ASSERT_TRUE(bench.ask());
  EXPECT_EQ(bench.server().request_count(), 4u) << "it is remembered";
  const Value last = text::parse_json(bench.server().last_request().body).value();
  EXPECT_NE(last.find("max_completion_tokens"), nullptr);
}

TEST(Exchange, AModelThatRefusesAParameterForEverIsNotAskedForEver) {
  Bench bench(always(
      {.status = 400,
       .body = R"({"error":{"message":"x","param":"temperature","code":"unsupported_value"}})"}));
  const auto answer = bench.ask();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::bad_request);
  EXPECT_EQ(bench.server().request_count(), 2u);
}

TEST(Exchange, TheModelsExtraFieldsAreInTheBody) {
  Bench bench(always({.body = chat(R"("ok")")}));
  bench.model().extra = text::parse_json(R"({"reasoning":{"effort":"low"}})").value();
  ASSERT_TRUE(bench.ask());
  const Value sent = text::parse_json(bench.server().last_request().body).value();
  EXPECT_EQ(sent.find("reasoning")->find("effort")->as_string(), "low");
}

TEST(Exchange, GoesToTheHostAsItIsWritten) {
  struct Row {
    config::Provider provider;
    std::string host;
    std::optional<std::string> base_path;
    std::string url;
  };
  using config::Provider;
  const Row rows[] = {
      {Provider::openai_compatible, "https://h", {}, "https://h/v1/chat/completions"},
      {Provider::openai_compatible, "https://h/v1", {}, "https://h/v1/chat/completions"},
      {Provider::openai_compatible, "https://h/api/v1", {}, "https://h/api/v1/chat/completions"},
      {Provider::openai_compatible,
       "https://h/x/chat/completions",
       {},
       "https://h/x/chat/completions"},
      {Provider::openai_compatible, "https://h/custom", "", "https://h/custom/chat/completions"},
      {Provider::openai_compatible, "https://h", "/v1beta/openai",
       "https://h/v1beta/openai/chat/completions"},
      {Provider::anthropic, "https://h/v1", {}, "https://h/v1/messages"},
      {Provider::anthropic, "https://h/v1/messages", {}, "https://h/v1/messages"},
      {Provider::google, "https://h/v1beta", {}, "https://h/v1beta/models/m:generateContent"},
      {Provider::ollama, "http://h:1", {}, "http://h:1/api/generate"},
      {Provider::ollama, "http://api", {}, "http://api/api/generate"},
      {Provider::ollama, "http://h:1/api", {}, "http://h:1/api/generate"},
  };
  for (const auto& row : rows) {
    auto config = std::make_shared<config::LlmConfig>();
    config->backends.push_back(backend_at(row.host, row.provider));
    config->backends.front().models.front().base_path = row.base_path;
    Counters counters;
    const Catalog catalog(config, std::make_shared<const Redactor>(std::vector<Secret>{}),
                          counters);
    const auto found = catalog.find("b", "m").value();
    EXPECT_EQ(url_of({found.backend, found.model}), row.url) << row.host;
  }
}

CheckReport check(Bench& bench) {
  boost::asio::io_context context(1);
  net::HttpClient http(context, {});
  CheckReport report;
  boost::asio::co_spawn(context, check_model(http, bench.backend),
                        [&](std::exception_ptr, CheckReport done) { report = std::move(done); });
  context.run();
  return report;
}

Reply good_at_everything(const HttpServer::Request& request) {
  if (request.body.find("response_format") != std::string::npos)
    return {.body = chat(R"("{\"word\":\"ok\"}")")};
  if (request.body.find("image_url") != std::string::npos) return {.body = chat(R"("Tiger.")")};
  return {.body = chat(R"("ok")")};
}

TEST(Check, TriesJsonAndAPictureWhereTheModelClaimsThem) {
  Bench bench(good_at_everything);
  const auto report = check(bench);
  EXPECT_EQ(report.outcome, CheckOutcome::works) << report.sentence;
  EXPECT_EQ(report.tried, (std::vector<std::string>{"text", "json", "image"}));
  EXPECT_EQ(report.url, bench.backend.host + "/v1/chat/completions");
  EXPECT_TRUE(report.lines.empty());
}

TEST(Check, SendsWhatTheShippedScriptWouldSend) {
  std::vector<Value> sent;
  const auto keep = [&sent](const HttpServer::Request& request) {
    sent.push_back(text::parse_json(request.body).value());
    return good_at_everything(request);
  };
  Bench plain(keep);
  plain.model().supports_image = false;
  ASSERT_EQ(check(plain).outcome, CheckOutcome::works);
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(*sent[0].find("temperature"), Value::real(0.7));
  EXPECT_EQ(*sent[0].find("max_tokens"), Value::integer(8000));
  EXPECT_EQ(text::string_at(sent[1], "/messages/0/content"),
            "Answer with one valid JSON object and nothing else.");

  sent.clear();
  Bench configured(keep);
  auto& model = configured.model();
  model.supports_json = model.supports_image = false;
  model.sampling.temperature.preset = 0.25;
  model.sampling.seed.preset = 7;
  model.max_tokens.preset = 55;
  ASSERT_EQ(check(configured).outcome, CheckOutcome::works);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(*sent[0].find("temperature"), Value::real(0.25));
  EXPECT_EQ(*sent[0].find("seed"), Value::integer(7));
  EXPECT_EQ(*sent[0].find("max_tokens"), Value::integer(55));

  sent.clear();
  Bench limited(keep);
  limited.model().supports_json = limited.model().supports_image = false;
  limited.model().sampling.temperature.send = false;
  limited.model().max_tokens.ceiling = 4096;
  ASSERT_EQ(check(limited).outcome, CheckOutcome::works);
  EXPECT_EQ(sent.at(0).find("temperature"), nullptr);
  EXPECT_EQ(*sent.at(0).find("max_tokens"), Value::integer(4096));
}

TEST(Check, SaysWhichLineToWrite) {
  Bench bench(picky);
  bench.model().supports_json = false;
  bench.model().supports_image = false;
  const auto report = check(bench);
  EXPECT_EQ(report.outcome, CheckOutcome::works) << report.sentence;
  EXPECT_EQ(report.lines, (std::vector<std::string>{"sampling: {temperature: {send: false}}",
                                                    "use_max_completion_tokens: true"}));
}

TEST(Check, AModelThatCannotReadThePictureIsNoModelForImages) {
  Bench bench([](const HttpServer::Request& request) {
    if (request.body.find("image_url") != std::string::npos)
      return Reply{.body = chat(R"("a cat")")};
    return good_at_everything(request);
  });
  const auto report = check(bench);
  EXPECT_EQ(report.outcome, CheckOutcome::unhelpful_answer);
  EXPECT_NE(report.sentence.find("a cat"), std::string::npos);
}

}  // namespace
}  // namespace gvm::provider
