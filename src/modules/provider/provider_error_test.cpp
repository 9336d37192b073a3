// Error bodies as providers send them, judged by codes and fields.
#include "provider/provider_error.h"

#include <gtest/gtest.h>

#include "text/json.h"

namespace gvm::provider {
namespace {

using routing::ErrorKind;

ProviderError error_in(std::string_view body) {
  return find_error(text::parse_json(body).value()).value();
}

struct Row {
  int status;
  std::string_view body;
  ErrorKind kind;
};

TEST(ProviderErrors, AreJudgedByCodeAndField) {
  const Row rows[] = {
      {429,
       R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"You exceeded your current quota, please check your plan and billing details."}})",
       ErrorKind::rate_limited},
      {429, R"({"error":{"message":"x","type":"insufficient_quota","code":"insufficient_quota"}})",
       ErrorKind::payment_required},
      {400,
       R"({"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}})",
       ErrorKind::auth},
      {413,
       R"({"error":{"message":"Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 7000","type":"tokens","code":"rate_limit_exceeded"}})",
       ErrorKind::rate_limited},
      {413, R"({"type":"error","error":{"type":"request_too_large","message":"too large"}})",
       ErrorKind::context_too_long},
      {400, R"({"error":{"message":"x","code":"context_length_exceeded","param":"messages"}})",
       ErrorKind::context_too_long},
      {400,
       R"({"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}})",
       ErrorKind::context_too_long},
      {400,
       R"({"error":{"message":"'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.","type":"invalid_request_error","param":"messages","code":null}})",
       ErrorKind::bad_request},
      {400,
       R"({"error":{"message":"x","type":"invalid_request_error","param":"response_format","code":"unsupported_value"}})",
       ErrorKind::capability_json},
      {400,
       R"({"error":{"message":"JSON mode is not enabled for models/gemma-3","status":"INVALID_ARGUMENT","code":400}})",
       ErrorKind::capability_json},
      {400, R"({"error":{"message":"x","param":"image_url","code":"unsupported_content_type"}})",
       ErrorKind::capability_image},
      {400, R"({"error":{"message":"x","param":"image_url","code":"invalid_image"}})",
       ErrorKind::bad_request},
      {400, R"({"error":{"message":"x","param":"image_url","code":"unsupported_image_format"}})",
       ErrorKind::bad_request},
      {400, R"({"error":{"message":"x","code":"content_filter"}})", ErrorKind::content_refused},
      {400,
       R"({"error":{"message":"Your credit balance is too low to access the API.","type":"invalid_request_error"}})",
       ErrorKind::payment_required},
      {500, R"({"error":{"message":"boom"}})", ErrorKind::server_error},
      {529, R"({"type":"error","error":{"type":"overloaded_error","message":"x"}})",
       ErrorKind::overloaded},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(routing::name_of(kind_of(error_in(row.body), row.status, {Format::json, true})),
              routing::name_of(row.kind))
        << row.body;
  }
}

// A provider may quote the prompt. What a contract wrote into it must not switch anything off.
TEST(ProviderErrors, WordsOfAPromptTeachNothing) {
  for (const std::string_view words :
       {"response_format is not supported", "json mode", "images are not supported", "vision",
        "billing", "insufficient_quota", "context_length_exceeded", "content_filter",
        "invalid_api_key", "rate limit"}) {
    const std::string body = R"({"error":{"message":"cannot read \")" + std::string(words) +
                             R"(\"","type":"invalid_request_error","param":"messages"}})";
    EXPECT_EQ(kind_of(error_in(body), 400, {Format::json, true}), ErrorKind::bad_request) << words;
  }
}

TEST(ProviderErrors, SayTheirStatusInTheBody) {
  const std::pair<std::string_view, int> rows[] = {
      {R"({"error":{"code":429,"message":"x"}})", 429},
      {R"({"error":{"code":"503","message":"x"}})", 503},
      {R"([{"error":{"code":400,"message":"x"}}])", 400},
      {R"({"type":"error","error":{"type":"overloaded_error","message":"x"}})", 529},
      {R"({"error":{"type":"rate_limit_error"}})", 429},
      {R"({"error":"model not found"})", 0}};
  for (const auto& [body, status] : rows) EXPECT_EQ(error_in(body).status, status) << body;
  EXPECT_FALSE(find_error(text::parse_json(R"({"error":null,"choices":[]})").value()));
}

TEST(ProviderErrors, TellHowLongToWait) {
  using std::chrono::milliseconds;
  const std::pair<std::string_view, milliseconds> rows[] = {
      {R"({"error":{"code":429,"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"38s"}]}})",
       milliseconds(38'000)},
      {R"({"error":{"details":[{"retryDelay":"1.5s"}]}})", milliseconds(1'500)},
      {R"({"error":{"message":"Rate limit reached. Please try again in 6m0.5s."}})",
       milliseconds(360'500)},
      {R"({"error":{"message":"Please try again in 250ms."}})", milliseconds(250)},
      {R"({"error":{"retry_after":7}})", milliseconds(7'000)},
      {R"({"error":{"metadata":{"headers":{"Retry-After":"9"}}}})", milliseconds(9'000)}};
  for (const auto& [body, wait] : rows) EXPECT_EQ(error_in(body).retry_after, wait) << body;
  for (const std::string_view body :
       {R"({"error":{"details":[{"retryDelay":"soon"}]}})", R"({"error":{"retry_after":-1}})",
        R"({"error":{"retry_after":1e12}})", R"({"error":{"message":"try again in a while"}})"})
    EXPECT_EQ(error_in(body).retry_after, std::nullopt) << body;
}

TEST(ProviderErrors, NameTheParameterThatIsNotTaken) {
  const std::pair<std::string_view, std::optional<Parameter>> rows[] = {
      {R"({"error":{"message":"Unsupported value: 'temperature' does not support 0.2 with this model.","param":"temperature","code":"unsupported_value"}})",
       Parameter::temperature},
      {R"({"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","param":"max_tokens","code":"unsupported_parameter"}})",
       Parameter::max_tokens},
      {R"({"error":{"message":"Unsupported parameter: 'top_p' is not supported with this model."}})",
       Parameter::top_p},
      {R"({"error":{"message":"x","param":"temperature","code":"decimal_above_max_value"}})",
       std::nullopt},
      {R"({"error":{"message":"x","param":"response_format","code":"unsupported_value"}})",
       std::nullopt}};
  for (const auto& [body, parameter] : rows)
    EXPECT_EQ(unsupported_parameter(error_in(body)), parameter) << body;
}

TEST(ProviderErrors, AnHtmlPageIsToldByItsTitle) {
  EXPECT_EQ(error_of_text("<html><head><TITLE>502 Bad Gateway</title></head>").message,
            "502 Bad Gateway");
  EXPECT_EQ(error_of_text("upstream connect error").message, "upstream connect error");
}

TEST(ProviderErrors, ALongMessageIsCutBetweenWords) {
  std::string words;
  while (words.size() < 2000) words += "word ";
  const auto cut = error_of_text(words).message;
  EXPECT_LE(cut.size(), 500u);
  EXPECT_GT(cut.size(), 490u);
  EXPECT_TRUE(cut.ends_with("word") || cut.ends_with("word ")) << cut;
  // What may be half of a secret is left out.
  EXPECT_EQ(error_of_text("key " + std::string(2000, 'x')).message.find('x'), std::string::npos);
}

}  // namespace
}  // namespace gvm::provider
