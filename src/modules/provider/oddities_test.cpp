// How each end reason is taken in each format, written out row by row and apart from the table of
// end_reason.cpp, and what providers send beside it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "base/json.h"
#include "provider/answer.h"
#include "provider/dialect.h"
#include "provider/provider_error.h"
#include "text/json.h"

namespace gvm::provider {
namespace {

using routing::ErrorKind;
using P = ProviderKind;

Value parse(std::string_view text) {
  return text::parse_json(text).value();
}

// `reason` is JSON, or empty for a body without one.
std::string body_with(P provider, std::string_view text, std::string_view reason) {
  const std::string quoted = json::write(Value::string(std::string(text)));
  const auto member = [&](std::string_view name) {
    return reason.empty() ? std::string() : ",\"" + std::string(name) + "\":" + std::string(reason);
  };
  switch (provider) {
    case P::openai_compatible:
      return R"({"choices":[{"message":{"content":)" + quoted + "}" + member("finish_reason") +
             "}]}";
    case P::anthropic:
      return R"({"content":[{"type":"text","text":)" + quoted + "}]" + member("stop_reason") + "}";
    case P::google:
      return R"({"candidates":[{"content":{"parts":[{"text":)" + quoted + "}]}" +
             member("finishReason") + "}]}";
    case P::ollama:
      return R"({"done":true,"response":)" + quoted + member("done_reason") + "}";
  }
  return {};
}

// "answer", "cut" for a text that was delivered and marked, or the kind of the failure.
std::string taken(P provider, const std::string& body, Format format,
                  config::CutText cut_text = config::CutText::deliver) {
  ReadRules rules;
  rules.format = format;
  rules.cut_text = cut_text;
  const auto answer = read_answer(dialect_of(provider), parse(body), rules);
  if (!answer) return std::string(routing::name_of(answer.error().kind));
  return answer->cut ? "cut" : "answer";
}

std::string taken_with_reason(P provider, std::string_view reason, Format format,
                              config::CutText cut_text = config::CutText::deliver) {
  return taken(provider, body_with(provider, R"({"result": true})", reason), format, cut_text);
}

struct End {
  P provider;
  std::string_view reason;
  std::string_view as_text;
  std::string_view as_json;  // and as a verdict
};

constexpr std::array kEnds = {
    End{P::openai_compatible, R"("stop")", "answer", "answer"},
    End{P::openai_compatible, "null", "answer", "answer"},
    End{P::openai_compatible, "", "answer", "answer"},
    End{P::openai_compatible, R"("length")", "cut", "token_limit"},
    End{P::openai_compatible, R"("content_filter")", "content_refused", "content_refused"},
    End{P::openai_compatible, R"("error")", "garbled", "garbled"},
    End{P::openai_compatible, R"("tool_calls")", "no_answer", "no_answer"},
    End{P::openai_compatible, R"("function_call")", "no_answer", "no_answer"},
    End{P::openai_compatible, R"("eos")", "no_answer", "no_answer"},
    End{P::anthropic, R"("end_turn")", "answer", "answer"},
    End{P::anthropic, R"("stop_sequence")", "answer", "answer"},
    End{P::anthropic, R"("tool_use")", "no_answer", "no_answer"},
    End{P::anthropic, "null", "garbled", "garbled"},
    End{P::anthropic, "", "garbled", "garbled"},
    End{P::anthropic, R"("max_tokens")", "cut", "token_limit"},
    End{P::anthropic, R"("model_context_window_exceeded")", "cut", "token_limit"},
    End{P::anthropic, R"("pause_turn")", "cut", "token_limit"},
    End{P::anthropic, R"("refusal")", "content_refused", "content_refused"},
    End{P::anthropic, R"("compaction")", "no_answer", "no_answer"},
    End{P::google, R"("STOP")", "answer", "answer"},
    End{P::google, "null", "answer", "answer"},
    End{P::google, "", "answer", "answer"},
    End{P::google, R"("MAX_TOKENS")", "cut", "token_limit"},
    End{P::google, R"("SAFETY")", "content_refused", "content_refused"},
    End{P::google, R"("RECITATION")", "content_refused", "content_refused"},
    End{P::google, R"("BLOCKLIST")", "content_refused", "content_refused"},
    End{P::google, R"("PROHIBITED_CONTENT")", "content_refused", "content_refused"},
    End{P::google, R"("SPII")", "content_refused", "content_refused"},
    End{P::google, R"("IMAGE_SAFETY")", "content_refused", "content_refused"},
    End{P::google, R"("MALFORMED_FUNCTION_CALL")", "no_answer", "no_answer"},
    End{P::google, R"("OTHER")", "no_answer", "no_answer"},
    End{P::google, R"("LANGUAGE")", "no_answer", "no_answer"},
    End{P::google, R"("FINISH_REASON_UNSPECIFIED")", "no_answer", "no_answer"},
    End{P::google, R"("UNEXPECTED_TOOL_CALL")", "no_answer", "no_answer"},
    End{P::ollama, R"("stop")", "answer", "answer"},
    End{P::ollama, "null", "answer", "answer"},
    End{P::ollama, "", "answer", "answer"},
    End{P::ollama, R"("length")", "cut", "token_limit"},
    End{P::ollama, R"("load")", "empty", "empty"},
    End{P::ollama, R"("unload")", "no_answer", "no_answer"},
};

TEST(Oddities, EveryEndReasonIsTakenAsTheReferenceSaysInEveryFormat) {
  for (const auto& end : kEnds) {
    const std::string name(end.reason);
    EXPECT_EQ(taken_with_reason(end.provider, end.reason, Format::text), end.as_text) << name;
    EXPECT_EQ(taken_with_reason(end.provider, end.reason, Format::json), end.as_json) << name;
    EXPECT_EQ(taken_with_reason(end.provider, end.reason, Format::boolean), end.as_json) << name;
    const auto strict =
        taken_with_reason(end.provider, end.reason, Format::text, config::CutText::fail);
    EXPECT_EQ(strict, end.as_text == "cut" ? "token_limit" : end.as_text) << name;
  }
}

// 2 is MAX_TOKENS where a gateway writes the numbers of Google's enumeration.
TEST(Oddities, AnEndReasonThatIsNoTextMakesNoAnswer) {
  for (const auto provider : {P::openai_compatible, P::anthropic, P::google, P::ollama}) {
    for (const auto* reason : {"2", "1", "0", "true", "false", R"(["stop"])", R"(["STOP"])",
                               R"({"type":"stop"})", R"({"type":"length"})", "1.5"}) {
      for (const auto format : {Format::text, Format::json, Format::boolean})
        EXPECT_EQ(taken_with_reason(provider, reason, format), "no_answer") << reason;
    }
  }
}

TEST(Oddities, WhiteSpaceIsEmptyInEveryForm) {
  for (const auto& [provider, reason] :
       {std::pair(P::openai_compatible, R"("stop")"), std::pair(P::anthropic, R"("end_turn")"),
        std::pair(P::google, R"("STOP")"), std::pair(P::ollama, R"("stop")")}) {
    for (const auto* text : {"", " ", "\n\n\t", "<think>so</think>\n "}) {
      const auto body = body_with(provider, text, reason);
      EXPECT_EQ(taken(provider, body, Format::text), "empty") << body;
    }
    EXPECT_EQ(taken(provider, body_with(provider, " \n", reason), Format::json), "empty");
    EXPECT_EQ(taken(provider, body_with(provider, " \n", reason), Format::boolean), "empty");
  }
}

TEST(Oddities, ADraftVerdictWithinThoughtsNeverCounts) {
  const std::string_view marked[] = {
      R"(<think>{"result": true}</think>{"result": false})",
      R"(<thinking>{"result": true}</thinking> {"result": false})",
      R"([THINK]{"result": true}[/THINK]{"result": false})",
      "It is so. {\"result\": true}\n</think>\n{\"result\": false}",
      R"(<|channel|>analysis<|message|>{"result": true}<|end|><|start|>assistant)"
      R"(<|channel|>final<|message|>{"result": false})"};
  for (const auto& [provider, reason] :
       {std::pair(P::openai_compatible, R"("stop")"), std::pair(P::anthropic, R"("end_turn")"),
        std::pair(P::google, R"("STOP")"), std::pair(P::ollama, R"("stop")")}) {
    for (const auto text : marked) {
      ReadRules rules;
      rules.format = Format::boolean;
      const auto answer =
          read_answer(dialect_of(provider), parse(body_with(provider, text, reason)), rules);
      ASSERT_TRUE(answer) << text << answer.error().to_string();
      EXPECT_EQ(answer->data, Value::boolean(false)) << text;
    }
  }
}

TEST(Oddities, ARefusalCountsWhateverItsType) {
  for (const auto* refusal : {R"("no")", "true", R"({"reason":"policy"})", "[1]"}) {
    const std::string body = R"({"choices":[{"message":{"content":"half","refusal":)" +
                             std::string(refusal) + R"(},"finish_reason":"stop"}]})";
    EXPECT_EQ(taken(P::openai_compatible, body, Format::text), "content_refused") << refusal;
  }
  for (const auto* none : {"null", R"("")", "false"}) {
    const std::string body = R"({"choices":[{"message":{"content":"whole","refusal":)" +
                             std::string(none) + R"(},"finish_reason":"stop"}]})";
    EXPECT_EQ(taken(P::openai_compatible, body, Format::text), "answer") << none;
  }
}

TEST(Oddities, ThoughtsWithoutWordsAreNamedInTheError) {
  for (const std::string name : {"reasoning_content", "reasoning", "thinking"}) {
    const auto body = parse(R"({"choices":[{"message":{"content":null,")" + name +
                            R"(":"hm"},"finish_reason":"stop"}]})");
    const auto answer = dialect_of(P::openai_compatible).read(body, Format::text);
    ASSERT_FALSE(answer);
    EXPECT_NE(answer.error().to_string().find("only " + name), std::string::npos)
        << answer.error().to_string();
  }
}

std::string anthropic_with(std::string_view blocks, std::string_view reason) {
  return R"({"content":[)" + std::string(blocks) + R"(],"stop_reason":")" + std::string(reason) +
         R"("})";
}
std::string call_of(std::string_view name, std::string_view input) {
  return R"({"type":"tool_use","id":"t","name":")" + std::string(name) + R"(","input":)" +
         std::string(input) + "}";
}

TEST(Oddities, CallsOfAToolThatDifferAreNoAnswer) {
  const std::string yes = call_of("answer", R"({"result":true})");
  const std::string no = call_of("answer", R"({"result":false})");
  const std::string other = call_of("transfer", R"({"result":true})");
  for (const auto format : {Format::json, Format::boolean}) {
    const auto with = [&](const std::string& blocks, std::string_view reason = "tool_use") {
      return taken(P::anthropic, anthropic_with(blocks, reason), format);
    };
    EXPECT_EQ(with(yes), "answer");
    EXPECT_EQ(with(yes + "," + yes), "answer");
    EXPECT_EQ(with(yes + "," + no), "no_answer");
    EXPECT_EQ(with(yes + "," + other), "no_answer");
    EXPECT_EQ(with(other + "," + yes), "no_answer");
    EXPECT_EQ(with(call_of("answer", "{}"), "max_tokens"), "token_limit");
    EXPECT_EQ(with(call_of("answer", "{}"), "model_context_window_exceeded"), "token_limit");
    EXPECT_EQ(with(call_of("answer", "{}"), "stop_sequence"), "token_limit");
    EXPECT_EQ(with(yes, "refusal"), "content_refused");
    EXPECT_EQ(with(call_of("answer", R"("{}")")), "no_answer");
  }
}

TEST(Oddities, JsonMayComeInALaterBlockOrPart) {
  EXPECT_EQ(taken(P::anthropic,
                  anthropic_with(R"({"type":"thinking","thinking":"{\"result\":true}"},)"
                                 R"({"type":"redacted_thinking","data":"x"},)"
                                 R"({"type":"text","text":"{\"res"},)"
                                 R"({"type":"text","text":"ult\": false}"})",
                                 "end_turn"),
                  Format::boolean),
            "answer");
  EXPECT_EQ(taken(P::google,
                  R"({"candidates":[{"content":{"parts":[{"text":"{\"result\":true}","thought":)"
                  R"(true},{"text":"{\"res"},{"text":"ult\": false}"}]},"finishReason":"STOP"}]})",
                  Format::boolean),
            "answer");
}

// "stop" alone says that the model ended its answer. Without a reason, and at a stop sequence, a
// list without its bracket may have had further members.
TEST(Oddities, ToJsonWhoseEndNobodyVouchesForNothingIsAdded) {
  struct Row {
    P provider;
    std::string_view reason;
    bool is_completed;
  };
  for (const auto& [provider, reason, is_completed] :
       {Row{P::openai_compatible, R"("stop")", true}, Row{P::openai_compatible, "null", false},
        Row{P::openai_compatible, "", false}, Row{P::anthropic, R"("end_turn")", true},
        Row{P::anthropic, R"("stop_sequence")", false}, Row{P::google, R"("STOP")", true},
        Row{P::google, "", false}, Row{P::ollama, R"("stop")", true}, Row{P::ollama, "", false}}) {
    for (const auto* open :
         {R"({"pay_to": ["ann", "bob")", R"({"pay_to": "ann", "amounts": {"ann": "1")"}) {
      EXPECT_EQ(taken(provider, body_with(provider, open, reason), Format::json),
                is_completed ? "answer" : "unusable")
          << reason << open;
    }
    EXPECT_EQ(taken(provider, body_with(provider, R"({"result": true)", reason), Format::boolean),
              is_completed ? "answer" : "unusable")
        << reason;
  }
}

TEST(Oddities, WordsOfAnUnknownPartMakeNoHoleInTheAnswer) {
  const auto with = [](const std::string& parts) {
    return R"({"choices":[{"message":{"content":[)" + parts + R"(]},"finish_reason":"stop"}]})";
  };
  const auto read = [&](const std::string& parts) {
    const auto answer = read_answer(dialect_of(P::openai_compatible), parse(with(parts)), {});
    return answer ? std::string(answer->data.as_string().value_or("")) : answer.error().to_string();
  };
  EXPECT_EQ(read(R"({"type":"text","text":"Do not "},{"type":"output_text","text":"pay"})"),
            "Do not pay");
  EXPECT_EQ(read(R"({"type":"thinking","text":"pay"},{"type":"text","text":"no"})"), "no");
  EXPECT_EQ(read(R"({"type":"text","text":"no"},{"type":"citation","url":"https://a.com"})"), "no");
  EXPECT_THAT(read(R"({"type":"text","text":"Do not "},{"type":"markdown","text":"pay"})"),
              testing::HasSubstr("one is \"markdown\""));
}

TEST(Oddities, AThoughtOfGooglesIsOneHoweverItIsMarked) {
  const auto read = [](const std::string& mark) {
    const std::string body = R"({"candidates":[{"content":{"parts":[{"text":"pay","thought":)" +
                             mark + R"(},{"text":"no"}]},"finishReason":"STOP"}]})";
    const auto answer = read_answer(dialect_of(P::google), parse(body), {});
    return std::string(answer.value().data.as_string().value_or(""));
  };
  for (const auto* mark : {"true", R"("true")", "1", R"({"tokens":3})"})
    EXPECT_EQ(read(mark), "no");
  for (const auto* mark : {"false", R"("false")", "0", "null", R"("")"})
    EXPECT_EQ(read(mark), "payno") << mark;
}

TEST(Oddities, OllamaThatIsNotDoneIsCutInEveryFormat) {
  const std::string body = R"({"response":"{\"result\": true}","done":false})";
  EXPECT_EQ(taken(P::ollama, body, Format::text), "cut");
  EXPECT_EQ(taken(P::ollama, body, Format::json), "cut");
  EXPECT_EQ(taken(P::ollama, body, Format::boolean), "cut");
}

}  // namespace
}  // namespace gvm::provider
