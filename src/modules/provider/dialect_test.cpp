// Request bodies as the providers' references show them, and recorded answers.
#include "provider/dialect.h"

#include <gtest/gtest.h>

#include "base/error_codes.h"
#include "base/json.h"
#include "provider/end_reason.h"
#include "text/codes.h"
#include "text/json.h"

namespace gvm::provider {
namespace {

constexpr std::string_view kPng = "\x89PNG\r\n\x1a\n rest";

Value parse(std::string_view text) {
  return text::parse_json(text).value();
}

Prompt full_prompt() {
  Prompt prompt;
  prompt.system_message = Blob::borrow("sys");
  prompt.user_message = Blob::borrow("usr");
  prompt.images.push_back(Blob::borrow(kPng));
  prompt.max_tokens = 9;
  prompt.sampling = {.temperature = 0.5,
                     .top_p = 0.9,
                     .top_k = 40,
                     .presence_penalty = 0.1,
                     .frequency_penalty = 0.2,
                     .seed = 7,
                     .stop = {"x"}};
  return prompt;
}

std::string body_of(ProviderKind kind, Format format, const CallTarget& target = {"m", "", true}) {
  return json::write(dialect_of(kind).body(full_prompt(), target, format));
}

TEST(OpenAiCompatible, BodyHasEveryParameterInItsPlace) {
  EXPECT_EQ(
      body_of(ProviderKind::openai_compatible, Format::json),
      R"({"frequency_penalty":0.2,"max_tokens":9,"messages":[)"
      R"({"content":"sys\n\nAnswer with a JSON object.","role":"system"},{"content":[)"
      R"({"text":"usr","type":"text"},{"image_url":{"url":"data:image/png;base64,iVBORw0KGgogcmVzdA=="},)"
      R"("type":"image_url"}],"role":"user"}],"model":"m","presence_penalty":0.1,"response_format":)"
      R"({"type":"json_object"},"seed":7,"stop":["x"],"stream":false,"temperature":0.5,"top_k":40,"top_p":0.9})");
}

TEST(OpenAiCompatible, AsksForMaxCompletionTokensWhereTheModelWantsIt) {
  Prompt prompt = full_prompt();
  prompt.use_max_completion_tokens = true;
  const Value body =
      dialect_of(ProviderKind::openai_compatible).body(prompt, {"m", "", true}, Format::text);
  EXPECT_NE(body.find("max_completion_tokens"), nullptr);
  EXPECT_EQ(body.find("max_tokens"), nullptr);
  EXPECT_EQ(body.find("response_format"), nullptr);
}

TEST(OpenAiCompatible, LeavesTheJsonSwitchOutForAModelWithoutIt) {
  EXPECT_EQ(body_of(ProviderKind::openai_compatible, Format::json, {"m", "", false})
                .find("response_format"),
            std::string::npos);
}

TEST(Anthropic, BodyForcesAToolForJson) {
  const std::string body = body_of(ProviderKind::anthropic, Format::json);
  EXPECT_NE(
      body.find(
          R"("tool_choice":{"disable_parallel_tool_use":true,"name":"answer","type":"tool"})"),
      std::string::npos)
      << body;
  EXPECT_NE(
      body.find(
          R"("source":{"data":"iVBORw0KGgogcmVzdA==","media_type":"image/png","type":"base64"})"),
      std::string::npos)
      << body;
  EXPECT_NE(body.find(R"("system":"sys")"), std::string::npos);
  EXPECT_NE(body.find(R"("stop_sequences":["x"])"), std::string::npos);
  EXPECT_NE(body.find(R"("top_k":40)"), std::string::npos);
  EXPECT_EQ(body.find("seed"), std::string::npos) << "this form has no place for a seed";
}

TEST(Anthropic, AsksForTheReasonBeforeTheResult) {
  const std::string body = body_of(ProviderKind::anthropic, Format::boolean);
  EXPECT_LT(body.find(R"("reason":{)"), body.find(R"("result":{)"));
}

TEST(Anthropic, AlwaysNamesALimitBecauseTheFormDemandsOne) {
  Prompt prompt = full_prompt();
  prompt.max_tokens.reset();
  EXPECT_NE(dialect_of(ProviderKind::anthropic)
                .body(prompt, {"m", "", true}, Format::text)
                .find("max_tokens"),
            nullptr);
}

TEST(Google, BodyAndPath) {
  EXPECT_EQ(
      body_of(ProviderKind::google, Format::json),
      R"({"contents":[{"parts":[{"inline_data":{"data":"iVBORw0KGgogcmVzdA==","mime_type":"image/png"}},)"
      R"({"text":"usr"}],"role":"user"}],"generationConfig":{"frequencyPenalty":0.2,"maxOutputTokens":9,)"
      R"("presencePenalty":0.1,"responseMimeType":"application/json","seed":7,"stopSequences":["x"],)"
      R"("temperature":0.5,"topK":40,"topP":0.9},"system_instruction":{"parts":[{"text":"sys"}]}})");
  EXPECT_EQ(dialect_of(ProviderKind::google).path({"gemini-x", "", true}),
            "/v1beta/models/gemini-x:generateContent");
  EXPECT_EQ(dialect_of(ProviderKind::google).path({"gemini-x", "v1", true}),
            "/v1/models/gemini-x:generateContent");
}

TEST(Ollama, BodyHasImagesAsBareBase64) {
  EXPECT_EQ(
      body_of(ProviderKind::ollama, Format::boolean),
      R"({"format":"json","images":["iVBORw0KGgogcmVzdA=="],"model":"m","options":{"frequency_penalty":0.2,)"
      R"("num_predict":9,"presence_penalty":0.1,"seed":7,"stop":["x"],"temperature":0.5,"top_k":40,"top_p":0.9},)"
      R"("prompt":"usr","stream":false,"system":"sys"})");
}

struct ReadRow {
  ProviderKind kind;
  Format format;
  std::string_view body;
  std::string_view text;
};

TEST(Dialects, ReadTheAnswerText) {
  const ReadRow rows[] = {
      {ProviderKind::openai_compatible, Format::text,
       R"({"choices":[{"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]})",
       "hi"},
      {ProviderKind::openai_compatible, Format::text,
       R"({"choices":[{"message":{"content":[{"type":"text","text":"h"},{"type":"text","text":"i"}]}}]})",
       "hi"},
      {ProviderKind::openai_compatible, Format::text,
       R"({"choices":[{"message":{"role":"assistant"},"finish_reason":"length"}]})", ""},
      {ProviderKind::openai_compatible, Format::text,
       R"({"choices":[{"message":{"content":null},"finish_reason":"length"}]})", ""},
      {ProviderKind::anthropic, Format::text,
       R"({"content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"hi"}],"stop_reason":"end_turn"})",
       "hi"},
      {ProviderKind::openai_compatible, Format::text,
       R"({"choices":[{"message":{"content":[{"type":"thinking","text":"hm"},{"type":"text","text":"hi"}]},"finish_reason":null}]})",
       "hi"},
      {ProviderKind::anthropic, Format::json,
       R"({"content":[{"type":"text","text":"so"},{"type":"tool_use","name":"answer","input":{"a":1}}],"stop_reason":"tool_use"})",
       R"({"a":1})"},
      {ProviderKind::anthropic, Format::text,
       R"({"content":[{"type":"text","text":"h"},{"type":"redacted_thinking","data":"x"},{"type":"text","text":"i"}],"stop_reason":"stop_sequence"})",
       "hi"},
      {ProviderKind::anthropic, Format::json,
       R"({"content":[{"type":"text","text":""},{"type":"text","text":"{\"a\":1}"}],"stop_reason":"end_turn"})",
       R"({"a":1})"},
      {ProviderKind::google, Format::text,
       R"({"candidates":[{"content":{"parts":[{"text":"no","thought":true},{"text":"h"},{"text":"i"}]}}]})",
       "hi"},
      {ProviderKind::google, Format::text, R"({"candidates":[{"finishReason":"MAX_TOKENS"}]})", ""},
      {ProviderKind::ollama, Format::text, R"({"response":"hi","done":true})", "hi"},
  };
  for (const auto& row : rows) {
    auto answer = dialect_of(row.kind).read(parse(row.body), row.format);
    ASSERT_TRUE(answer) << row.body << ": " << answer.error().to_string();
    EXPECT_EQ(answer->text, row.text) << row.body;
  }
}

TEST(Dialects, SayWhyAnAnswerCannotBeRead) {
  const std::tuple<ProviderKind, std::string_view, std::string_view> rows[] = {
      {ProviderKind::openai_compatible, "{}", codes::kDeserializing},
      {ProviderKind::openai_compatible, R"({"choices":[]})", codes::kDeserializing},
      {ProviderKind::openai_compatible,
       R"({"choices":[{"message":{"content":null},"finish_reason":"stop"}]})",
       codes::kDeserializing},
      {ProviderKind::openai_compatible,
       R"({"choices":[{"message":{"content":null,"refusal":"no"}}]})", codes::kAnswerNotUsable},
      {ProviderKind::openai_compatible,
       R"({"choices":[{"message":{"content":null},"finish_reason":"content_filter"}]})",
       codes::kAnswerNotUsable},
      {ProviderKind::openai_compatible,
       R"({"choices":[{"message":{"content":"half","refusal":"no"},"finish_reason":"stop"}]})",
       codes::kAnswerNotUsable},
      {ProviderKind::openai_compatible,
       R"({"choices":[{"message":{"content":[{"type":"refusal","refusal":"no"}]}}]})",
       codes::kAnswerNotUsable},
      {ProviderKind::openai_compatible,
       R"({"choices":[{"message":{"content":null,"reasoning_content":"hm"},"finish_reason":"stop"}]})",
       codes::kDeserializing},
      {ProviderKind::anthropic, R"({"content":[],"stop_reason":"end_turn"})",
       codes::kDeserializing},
      {ProviderKind::anthropic, R"({"content":[{"type":"text","text":"hi"}]})",
       codes::kDeserializing},
      {ProviderKind::anthropic,
       R"({"content":[{"type":"tool_use","name":"other","input":{"a":1}}],"stop_reason":"tool_use"})",
       codes::kDeserializing},
      {ProviderKind::anthropic, R"({"content":"x"})", codes::kDeserializing},
      {ProviderKind::anthropic, R"({"content":[],"stop_reason":"refusal"})",
       codes::kAnswerNotUsable},
      {ProviderKind::google, R"({"promptFeedback":{"blockReason":"SAFETY"}})",
       codes::kAnswerNotUsable},
      {ProviderKind::google, R"({"candidates":[{"finishReason":"SAFETY"}]})",
       codes::kAnswerNotUsable},
      {ProviderKind::google, R"({"candidates":[]})", codes::kDeserializing},
      {ProviderKind::ollama, R"({"error":"x"})", codes::kDeserializing},
      {ProviderKind::ollama, "[]", codes::kDeserializing},
      {ProviderKind::ollama, R"({"response":"","done":true,"done_reason":"load"})",
       codes::kAnswerNotUsable},
  };
  for (const auto& [kind, body, code] : rows) {
    auto answer = dialect_of(kind).read(parse(body), Format::text);
    ASSERT_FALSE(answer) << body;
    EXPECT_EQ(answer.error().code(), code) << body;
  }
}

// Whatever text comes with it: the end reason alone decides.
TEST(Dialects, TheEndReasonDecidesWhateverTheTextIs) {
  const auto body_with = [](ProviderKind kind, std::string_view reason) {
    const std::string quoted = "\"" + std::string(reason) + "\"";
    switch (kind) {
      case ProviderKind::openai_compatible:
        return R"({"choices":[{"message":{"content":"half"},"finish_reason":)" + quoted + "}]}";
      case ProviderKind::anthropic:
        return R"({"content":[{"type":"text","text":"half"}],"stop_reason":)" + quoted + "}";
      case ProviderKind::google:
        return R"({"candidates":[{"content":{"parts":[{"text":"half"}]},"finishReason":)" + quoted +
               "}]}";
      case ProviderKind::ollama:
        return R"({"response":"half","done":true,"done_reason":)" + quoted + "}";
    }
    return std::string();
  };
  const auto read = [&](ProviderKind kind, std::string_view reason) {
    return dialect_of(kind).read(parse(body_with(kind, reason)), Format::text);
  };
  using routing::ErrorKind;
  for (const auto& row : end_reasons()) {
    const auto answer = read(row.provider, row.reason);
    // A tool that nobody called makes no answer either.
    EXPECT_EQ(answer.has_value(), row.end == End::answer || row.end == End::cut) << row.reason;
    if (answer) {
      EXPECT_EQ(answer->cut, row.end == End::cut) << row.reason;
    }
    if (row.end == End::refused) {
      EXPECT_EQ(answer.error().kind, ErrorKind::content_refused) << row.reason;
      EXPECT_NE(answer.error().said.find(row.reason), std::string::npos) << row.reason;
    }
  }
  for (const auto kind : {ProviderKind::openai_compatible, ProviderKind::anthropic,
                          ProviderKind::google, ProviderKind::ollama}) {
    for (const auto reason : {"error", "tool_calls", "OTHER", "MALFORMED_FUNCTION_CALL", "LANGUAGE",
                              "never heard of", "STOP.", "Stop", ""}) {
      const auto answer = read(kind, reason);
      ASSERT_FALSE(answer) << reason;
      const bool own_report = std::string_view(reason) == "error";
      EXPECT_EQ(answer.error().kind, own_report ? ErrorKind::garbled : ErrorKind::no_answer)
          << reason;
    }
  }
}

TEST(Dialects, AnAnswerThatAnErrorEndedIsWhatTheErrorsCodeSays) {
  const auto answer =
      dialect_of(ProviderKind::openai_compatible)
          .read(
              parse(
                  R"({"choices":[{"message":{"content":"half"},"finish_reason":"error",)"
                  R"("error":{"code":429,"message":"slow down","metadata":{"retry_after":3}}}]})"),
              Format::text);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, routing::ErrorKind::rate_limited);
  EXPECT_EQ(answer.error().retry_after, std::chrono::seconds(3));
  EXPECT_EQ(answer.error().said, "slow down");
}

TEST(Dialects, AnErrorBesideATextMakesItNoAnswerWhateverTheEndReasonAndTheErrorsForm) {
  const auto read = [](std::string_view in_choice, std::string_view in_message) {
    return dialect_of(ProviderKind::openai_compatible)
        .read(parse(R"({"choices":[{"message":{"content":"half a")" + std::string(in_message) +
                    R"(},"finish_reason":"stop")" + std::string(in_choice) + "}]}"),
              Format::text);
  };
  for (const auto* error :
       {R"(,"error":{"code":502,"message":"upstream died"})", R"(,"error":"upstream died")",
        R"(,"error":502)", R"(,"error":true)", R"(,"error":[{"code":"internal_error"}])",
        R"(,"errors":[null,{"message":"upstream died"}])"}) {
    for (const auto& answer : {read(error, ""), read("", error)}) {
      ASSERT_FALSE(answer) << error;
      EXPECT_EQ(answer.error().kind, routing::ErrorKind::server_error) << error;
    }
  }
  for (const auto* none :
       {"", R"(,"error":null)", R"(,"error":"")", R"(,"error":{})", R"(,"error":false)",
        R"(,"error":[],"errors":[])", R"(,"error":0)", R"(,"error":{"code":null,"message":""})"}) {
    EXPECT_TRUE(read(none, "")) << none;
    EXPECT_TRUE(read("", none)) << none;
  }
}

TEST(Google, ABlockedPromptIsRefusedWhateverTheTypeOfItsReason) {
  const auto read = [](std::string_view reason) {
    return dialect_of(ProviderKind::google)
        .read(parse(R"({"promptFeedback":{"blockReason":)" + std::string(reason) +
                    R"(},"candidates":[{"content":{"parts":[{"text":"half"}]},)"
                    R"("finishReason":"STOP"}]})"),
              Format::text);
  };
  for (const auto* reason : {R"("SAFETY")", "3", R"(["OTHER"])", R"({"code":1})", "true"}) {
    const auto answer = read(reason);
    ASSERT_FALSE(answer) << reason;
    EXPECT_EQ(answer.error().kind, routing::ErrorKind::content_refused) << reason;
  }
  for (const auto* none : {"null", R"("")", "0", "false"}) EXPECT_TRUE(read(none)) << none;
}

TEST(Ollama, AnAnswerThatIsNotDoneIsCut) {
  const auto answer = dialect_of(ProviderKind::ollama)
                          .read(parse(R"({"response":"half","done":false})"), Format::text);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->cut);
}

TEST(Ollama, IsToldTheContextItsModelIsToHave) {
  CallTarget target{"m", "", true};
  target.context_tokens = 32'768;
  const Value body = dialect_of(ProviderKind::ollama).body(full_prompt(), target, Format::text);
  EXPECT_EQ(*body.find("options")->find("num_ctx")->as_integer(), Integer(32'768));
}

TEST(OpenAiCompatible, SaysJsonOnlyWhereNobodyElseDoes) {
  Prompt prompt = full_prompt();
  prompt.user_message = Blob::borrow("Write JSON.");
  const auto text = json::write(
      dialect_of(ProviderKind::openai_compatible).body(prompt, {"m", "", true}, Format::json));
  EXPECT_EQ(text.find("Answer with a JSON object"), std::string::npos) << text;
}

TEST(Dialects, ReadTokenUsageInFull) {
  const auto openai =
      dialect_of(ProviderKind::openai_compatible)
          .usage(parse(R"({"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,)"
                       R"("prompt_tokens_details":{"cached_tokens":4}}})"));
  EXPECT_EQ(openai.input, 10u);
  EXPECT_EQ(openai.output, 5u);
  EXPECT_EQ(openai.total, 15u);
  EXPECT_EQ(openai.cache_read, 4u);
  EXPECT_EQ(openai.cache_write, std::nullopt);

  const auto anthropic =
      dialect_of(ProviderKind::anthropic)
          .usage(parse(R"({"usage":{"input_tokens":10,"output_tokens":5,)"
                       R"("cache_read_input_tokens":3,"cache_creation_input_tokens":2}})"));
  EXPECT_EQ(anthropic.total, 15u) << "cached tokens are not counted twice";
  EXPECT_EQ(anthropic.cache_read, 3u);
  EXPECT_EQ(anthropic.cache_write, 2u);

  const auto google =
      dialect_of(ProviderKind::google)
          .usage(parse(
              R"({"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":5,"thoughtsTokenCount":7,)"
              R"("totalTokenCount":22,"cachedContentTokenCount":1}})"));
  EXPECT_EQ(google.output, 12u) << "thinking is output";
  EXPECT_EQ(google.total, 22u);

  const auto ollama =
      dialect_of(ProviderKind::ollama).usage(parse(R"({"prompt_eval_count":10,"eval_count":5})"));
  EXPECT_EQ(ollama.total, 15u);
}

TEST(Dialects, NonsenseUsageIsAbsentAndNeverWraps) {
  const auto usage = dialect_of(ProviderKind::openai_compatible)
                         .usage(parse(R"({"usage":{"prompt_tokens":-1,"completion_tokens":"5",)"
                                      R"("total_tokens":99999999999999999999999}})"));
  EXPECT_EQ(usage.input, std::nullopt);
  EXPECT_EQ(usage.output, std::nullopt);
  EXPECT_EQ(usage.total, std::nullopt);
}

TEST(Dialects, ACorrectionStandsInTheConversationBehindThePrompt) {
  Prompt prompt;
  prompt.user_message = Blob::borrow("the prompt");
  prompt.correction = correction_of("the bad answer", "it has no result");
  const CallTarget target{"m", "", true};
  for (const auto kind : {ProviderKind::openai_compatible, ProviderKind::anthropic,
                          ProviderKind::google, ProviderKind::ollama}) {
    const auto body = json::write(dialect_of(kind).body(prompt, target, Format::boolean));
    const auto asked = body.find("the prompt");
    const auto answered = body.find("the bad answer");
    const auto told = body.find("cannot be used: it has no result");
    ASSERT_NE(told, std::string::npos) << body;
    EXPECT_LT(asked, answered) << body;
    EXPECT_LT(answered, told) << body;
  }
}

TEST(Dialects, ACorrectionIsBounded) {
  const auto correction = correction_of(std::string(100'000, 'x'), std::string(100'000, 'y'));
  EXPECT_LT(correction.size(), kCorrectionAnswerBytes + kCorrectionFaultBytes + 400);
  EXPECT_EQ(correction_of("\xff", "w").answer, "\uFFFD");
}

}  // namespace
}  // namespace gvm::provider
