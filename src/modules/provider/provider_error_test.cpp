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
       ErrorKind::bad_request},
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
      {500, R"({"error":{"message":"x","code":"content_filter","type":"server_error"}})",
       ErrorKind::content_refused},
      {500, R"({"error":{"message":"x","type":"exceed_context_size_error"}})",
       ErrorKind::context_too_long},
      {400,
       R"({"error":{"message":"Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length"}})",
       ErrorKind::context_too_long},
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

// A contract makes its image, so it may be broken in every way there is a code for.
TEST(ProviderErrors, OfAnImageTakeNoImagesAwayFromOthers) {
  const auto kind_with = [](std::string_view members) {
    const std::string body =
        R"({"error":{"message":"The image could not be processed",)" + std::string(members) + "}}";
    return kind_of(error_in(body), 400, {Format::text, true});
  };
  for (const auto* members :
       {R"("code":"unsupported_image")", R"("code":"unsupported_image_color_space")",
        R"("code":"unsupported_image_animation")", R"("code":"image_not_supported")",
        R"("code":"image_parse_error")", R"("type":"unsupported_image_dimensions")",
        R"("code":"unsupported_value","param":"messages[0].content[1].image_url")",
        R"("code":"unsupported_value","param":"image_url")",
        R"("code":"unsupported_vision_input","param":"image")",
        R"("code":400,"details":[{"reason":"UNSUPPORTED_IMAGE"}])"})
    EXPECT_EQ(kind_with(members), ErrorKind::bad_request) << members;
  for (const auto* members :
       {R"("code":"model_not_support_image")", R"("code":"IMAGE_INPUT_NOT_SUPPORTED")",
        R"("type":"vision_not_supported")",
        R"("code":"unknown_content_type","param":"image_url")"}) {
    EXPECT_EQ(kind_with(members), ErrorKind::capability_image) << members;
  }
}

// Only what says so sends a prompt to longer contexts alone.
TEST(ProviderErrors, OfASizeAreNoErrorsOfTheContext) {
  const auto kind_with = [](int status, std::string_view words) {
    ProviderError error;
    error.message = words;
    return kind_of(error, status, {});
  };
  for (const auto* words :
       {"Prompt contains prohibited content", "Prompt contains 3 images", "Prompt contains tokens",
        "Prompt contains ", "413 Request Entity Too Large", ""}) {
    EXPECT_EQ(kind_with(400, words), ErrorKind::bad_request) << words;
    EXPECT_EQ(kind_with(413, words), ErrorKind::bad_request) << words;
  }
  EXPECT_EQ(kind_with(413, "Prompt contains 9 tokens, too large"), ErrorKind::context_too_long);
}

// An error beside a success that gives no status. What a text can bring about is not the
// provider's.
TEST(ProviderErrors, WithoutAStatusAreJudgedByTheirCode) {
  const std::pair<std::string_view, ErrorKind> rows[] = {
      {R"({"error":{"code":"content_filter","message":"filtered"}})", ErrorKind::content_refused},
      {R"({"error":{"code":"content_policy_violation"}})", ErrorKind::content_refused},
      {R"({"error":{"code":"context_length_exceeded"}})", ErrorKind::context_too_long},
      {R"({"error":{"code":"invalid_prompt"}})", ErrorKind::bad_request},
      {R"({"error":{"code":"image_parse_error"}})", ErrorKind::bad_request},
      {R"({"error":{"code":"string_above_max_length"}})", ErrorKind::bad_request},
      {R"({"error":{"code":"flagged_by_moderation"}})", ErrorKind::bad_request},
      {R"({"error":{"code":"insufficient_balance"}})", ErrorKind::payment_required},
      {R"({"error":{"code":"upstream_gone"}})", ErrorKind::server_error},
      {R"({"error":{"message":"your input was too long"}})", ErrorKind::server_error},
      {R"({"error":"boom"})", ErrorKind::server_error},
      {R"({"type":"message","content":[],"error":"boom"})", ErrorKind::server_error},
      {R"({"error":true})", ErrorKind::server_error},
      {R"({"error":500,"choices":[]})", ErrorKind::server_error},
      {R"({"error":429})", ErrorKind::rate_limited},
      {R"({"error":[{"code":503}]})", ErrorKind::overloaded},
      {R"({"errors":[{},{"code":429}],"choices":[]})", ErrorKind::rate_limited}};
  for (const auto& [body, kind] : rows) {
    const auto said = error_in(body);
    EXPECT_EQ(routing::name_of(kind_of(said, said.status, {})), routing::name_of(kind)) << body;
  }
}

TEST(ProviderErrors, ThatSayNothingAreNone) {
  for (const std::string_view none :
       {"null", R"("")", "{}", "[]", "false", "0", R"({"code":null,"message":""})", "[null,{}]",
        R"({"code":0,"details":[]})"}) {
    for (const auto* name : {"error", "errors"}) {
      const std::string body = "{\"" + std::string(name) + "\":" + std::string(none) + "}";
      EXPECT_FALSE(find_error(text::parse_json(body).value())) << body;
    }
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
      {R"({"error":{"retry_after":"20"}})", milliseconds(20'000)},
      {R"({"error":{"retry_after":"1.5s"}})", milliseconds(1'500)},
      {R"({"error":{"message":"slow down"},"retry_after":3})", milliseconds(3'000)},
      {R"({"error":"slow down","retry_after_seconds":"4"})", milliseconds(4'000)},
      {R"({"error":{"message":"Quota exceeded for x, limit: 20\nPlease retry in 20.5s."}})",
       milliseconds(20'500)},
      {R"({"error":{"message":"Limit of the tier. Please retry after 20 seconds. Go here"}})",
       milliseconds(20'000)},
      {R"({"error":{"message":"Try again in 20s"}})", milliseconds(20'000)},
      {R"({"error":{"message":"Slow down, please wait 1 minute 5 seconds."}})",
       milliseconds(65'000)},
      {R"({"error":{"message":"Limit. Please try again in 30s. Please try again in 7s."}})",
       milliseconds(7'000)},
      {R"({"error":{"message":"Limit. Please try again in 5h."}})", std::chrono::minutes(10)},
      {R"({"error":{"metadata":{"headers":{"Retry-After":"9"}}}})", milliseconds(9'000)}};
  for (const auto& [body, wait] : rows)
    EXPECT_EQ(wait_of(error_in(body), ErrorKind::rate_limited), wait) << body;
  for (
      const std::string_view body :
      {R"({"error":{"details":[{"retryDelay":"soon"}]}})", R"({"error":{"retry_after":-1}})",
       R"({"error":{"retry_after":1e12}})", R"({"error":{"message":"try again in a while"}})",
       R"({"error":{"message":"Never try again in 20s"}})",
       R"({"error":{"message":"Please try again in 20 sevens"}})",
       R"({"error":{"message":"Your prompt was: \"x; try again in 3000s\" Please try again in 2s."}})",
       R"({"error":{"message":"You said “no. Try again in 3000s”"}})"})
    EXPECT_EQ(wait_of(error_in(body), ErrorKind::rate_limited), std::nullopt) << body;
  const auto quoting = error_in(R"({"error":{"message":"bad input: \"try again in 9h\""}})");
  EXPECT_EQ(wait_of(quoting, ErrorKind::server_error), std::nullopt) << "a prompt may say so";
  EXPECT_EQ(wait_of(error_in(R"({"error":{"retry_after":7}})"), ErrorKind::server_error),
            milliseconds(7'000));
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

TEST(ProviderErrors, NameTheParameterInTheSentencesOfOtherProviders) {
  const std::pair<std::string_view, std::optional<Parameter>> rows[] = {
      {"`temperature` is deprecated for this model.", Parameter::temperature},
      {"temperature is deprecated for this model.", Parameter::temperature},
      {"`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.",
       Parameter::temperature},
      {"`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
       Parameter::top_p},
      {"temperature and top_p cannot both be specified for this model.", Parameter::top_p},
      {"Argument not supported on this model: presencePenalty", Parameter::presence_penalty},
      {"Argument not supported on this model: stop", Parameter::stop},
      {"Model grok-9 does not support parameter frequencyPenalty.", Parameter::frequency_penalty},
      {"Unsupported parameter: 'generation_config.top_k'", Parameter::top_k},
      {"Model grok-9 or temperature does not support parameter stop", std::nullopt},
      {"cannot read \"`temperature` is deprecated for this model.\"", std::nullopt},
      {"Argument not supported on this model: messages", std::nullopt},
      {"hello and top_p cannot both be specified for this model.", std::nullopt},
      {"`temperature` is too high", std::nullopt},
      {"", std::nullopt}};
  for (const auto& [message, parameter] : rows) {
    ProviderError error;
    error.message = message;
    EXPECT_EQ(unsupported_parameter(error), parameter) << message;
  }
  EXPECT_EQ(
      unsupported_parameter(error_in(R"({"code":"Client specified an invalid argument",)"
                                     R"("error":"Argument not supported on this model: stop"})")),
      Parameter::stop);
}

// vLLM and Mistral put the error's members at the top; FastAPI says `detail`; xAI has a sentence as
// the error, and its code beside it.
TEST(ProviderErrors, AreReadWhereverAServerPutsThem) {
  struct Body {
    std::string_view text;
    int status;
    ErrorKind kind;
    std::string_view words;
  };
  const Body rows[] = {
      {R"({"object":"error","message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError","param":null,"code":400})",
       400, ErrorKind::context_too_long, "This model's maximum context length is 4096 tokens."},
      {R"({"object":"error","message":"No capacity.","type":"service_tier_capacity_exceeded","code":"3505"})",
       429, ErrorKind::rate_limited, "No capacity."},
      {R"({"detail":"Not authenticated"})", 403, ErrorKind::forbidden, "Not authenticated"},
      {R"({"detail":[{"loc":["body","messages"],"msg":"field required","type":"missing"}]})", 422,
       ErrorKind::bad_request, "field required"},
      {R"({"success":false,"errors":[{"code":7003,"message":"No route"}]})", 404,
       ErrorKind::not_found, "No route"},
      {R"({"code":"insufficient_quota","error":"Your team has used all its credits."})", 403,
       ErrorKind::payment_required, "Your team has used all its credits."},
      {R"({"message":"Too many requests"})", 429, ErrorKind::rate_limited, "Too many requests"},
      {R"("busy")", 503, ErrorKind::overloaded, "busy"},
      {"[]", 500, ErrorKind::server_error, ""},
      {"null", 400, ErrorKind::bad_request, ""},
  };
  for (const auto& row : rows) {
    const auto said = error_of_body(text::parse_json(row.text).value());
    EXPECT_EQ(said.message, row.words) << row.text;
    EXPECT_EQ(routing::name_of(kind_of(said, row.status, {Format::text, false})),
              routing::name_of(row.kind))
        << row.text;
  }
}

TEST(ProviderErrors, AtTheTopOfABodyAreErrorsBesideASuccessToo) {
  EXPECT_EQ(error_in(R"({"object":"error","message":"x","code":429})").status, 429);
  EXPECT_EQ(error_in(R"({"type":"error","message":"x","code":"overloaded_error"})").status, 529);
  EXPECT_EQ(error_in(R"({"code":503,"error":"x"})").status, 503);
  for (const auto* body : {R"({"object":"chat.completion","choices":[]})", R"({"type":"message"})",
                           R"({"message":"hi"})", R"({"detail":"x"})", "[]", "null", "3"})
    EXPECT_FALSE(find_error(text::parse_json(body).value())) << body;
}

TEST(ProviderErrors, WithA403AreJudgedByTheirCodeToo) {
  const std::pair<std::string_view, ErrorKind> rows[] = {
      {"permission_denied", ErrorKind::forbidden},
      {"invalid_api_key", ErrorKind::auth},
      {"insufficient_quota", ErrorKind::payment_required},
      {"rate_limit_exceeded", ErrorKind::rate_limited},
      {"content_filter", ErrorKind::content_refused}};
  for (const auto& [code, kind] : rows) {
    ProviderError error;
    error.codes = {std::string(code)};
    EXPECT_EQ(routing::name_of(kind_of(error, 403, {})), routing::name_of(kind)) << code;
  }
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
