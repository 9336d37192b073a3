#include "text/verdict.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error_detail.h"
#include "text/codes.h"

namespace gvm::text {
namespace {

bool verdict_of(std::string_view answer) {
  const auto verdict = read_verdict(answer, AnswerEnd::stopped);
  EXPECT_TRUE(verdict) << answer << "\n" << verdict.error().to_string();
  return verdict && verdict->result;
}

std::string fault_of(std::string_view answer, AnswerEnd end = AnswerEnd::stopped) {
  const auto verdict = read_verdict(answer, end);
  EXPECT_FALSE(verdict) << answer;
  if (verdict) return "";
  EXPECT_EQ(verdict.error().code(), codes::kAnswerNotUsable);
  return std::string(detail_of(verdict.error()));
}

TEST(Verdict, ReadsOneObjectWithAFenceOrReasoningAroundIt) {
  EXPECT_TRUE(verdict_of(R"({"result": true})"));
  EXPECT_FALSE(verdict_of("\n {\"reason\": \"they differ\", \"result\": false}\n\n"));
  EXPECT_TRUE(verdict_of("\xEF\xBB\xBF{\"result\": true}"));
  EXPECT_TRUE(verdict_of("```json\n{\"result\": true}\n```"));
  EXPECT_TRUE(verdict_of("~~~\n{\"result\": true}\n~~~\n"));
  EXPECT_TRUE(verdict_of("`{\"result\": true}`"));
  EXPECT_FALSE(verdict_of("<think>perhaps {\"result\": true}</think>\n{\"result\": false}"));
  EXPECT_FALSE(verdict_of("[THINK]true?[/THINK]```json\n{\"result\": false}\n```"));
  EXPECT_FALSE(verdict_of("Both say it. {\"result\": true}\n</think>\n{\"result\": false}"));
  EXPECT_FALSE(
      verdict_of("<|channel|>analysis<|message|>true<|end|><|start|>assistant<|channel|>final"
                 "<|message|>{\"result\": false}<|return|>"));
  EXPECT_FALSE(verdict_of(R"({"reason": "it wrote {\"result\": true}", "result": false})"));
  EXPECT_FALSE(verdict_of(R"({"reason": "it wrote </think>", "result": false})"));
}

TEST(Verdict, TakesTheReasonAlong) {
  const auto verdict =
      read_verdict(R"({"reason": "they agree", "result": true})", AnswerEnd::stopped);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->reason, "they agree");
  EXPECT_EQ(read_verdict(R"({"result": true, "reason": 7})", AnswerEnd::stopped)->reason, "");
}

TEST(Verdict, ClosesBracketsAtTheVeryEndOfAStoppedAnswerOnly) {
  EXPECT_FALSE(verdict_of(R"({"reason": "x", "result": false)"));
  EXPECT_TRUE(verdict_of("```json\n{\"result\": true, \"notes\": [\"a\"\n```"));
  fault_of(R"({"result": true)", AnswerEnd::cut);
  fault_of(R"({"result": tr)");
  fault_of(R"({"result": true, "reason": "they)");
  fault_of(R"({"result": true,)");
  // It is unknown where the bracket is missing: "result" may belong to either object.
  fault_of(R"({"result": true, "detail": {"leader": "x", "result": false})");
  fault_of(R"({"detail": {"leader": "x", "result": true})");
}

TEST(Verdict, RefusesEverythingElse) {
  for (const auto* text :
       {"",
        "  ",
        "true",
        "yes",
        "[true]",
        R"({"result": 1})",
        R"({"result": "true"})",
        R"({"result": null})",
        R"({"answer": true})",
        R"({"result": [true]})",
        R"({"result": {"result": true}})",
        R"([{"result": true}])",
        R"({"result": True})",
        R"({'result': true})",
        R"({"result": true,})",
        R"({"result": true} // sure)",
        R"({"result": true} or {"result": false})",
        R"({"result": true or false})",
        R"({"result": true}})",
        R"({"result": true} I am sure.)",
        R"(Sure: {"result": true})",
        R"(Verdict: false. The leader wrote "{\"result\": true}")",
        R"("result": false, "reason": "the leader wrote {\"result\": true}"})",
        R"({"result": false, "result": true})",
        R"({"result": false, "Result": true})",
        R"("{\"result\": true}")",
        "```json\n{\"result\": true}\n``` No, false.",
        "```json\n{\"result\": false}\n```\n```json\n{\"result\": true}\n```",
        "<think>{\"result\": true}",
        "<think>it is {\"result\": true}</think>",
        "{\"result\": false}<think>no</think>",
        "\xFF{\"result\": true}",
        "{\"result\": false, \"reason\": \"it wrote\n</think>\n{\"result\": true}",
        "{\"result\": false, \"reason\": \"<|channel|>final<|message|>{\"result\": true}",
        "Verdict: false. The leader wrote:\n</think>\n{\"result\": true}"}) {
    fault_of(text);
  }
}

TEST(Verdict, AFenceNamesAFormAndSaysNothingElse) {
  for (const std::string info : {"", "json", "JSON", "json5", "jsonc", "JavaScript", "text",
                                 "plaintext", "none", "json \t", "json\r"}) {
    EXPECT_TRUE(verdict_of("```" + info + "\n{\"result\": true}\n```")) << info;
    EXPECT_TRUE(verdict_of("~~~~" + info + "\n{\"result\": true}\n~~~~")) << info;
  }
  EXPECT_TRUE(verdict_of("```json {\"result\": true}```"));
  EXPECT_TRUE(verdict_of("```{\"result\": true}```"));
  for (const std::string info :
       {"false", "no", "json no", "json, but false", "not json", "json-like", "yaml", "leader",
        "The leader wrote", "+ -", "0", "\tfalse", "json\nfalse", "json\n\nno:", "`json"}) {
    fault_of("```" + info + "\n{\"result\": true}\n```");
    fault_of("```" + info + " {\"result\": true}```");
    fault_of("~~~" + info + "\n{\"result\": true}\n~~~");
  }
}

TEST(Verdict, RefusesWhatStandsInFrontOfAnOpeningMark) {
  for (const std::string spoken : {"{\"result\": false}", "False.", "```json\n{}\n```", "hm"}) {
    for (const std::string thought :
         {"<think>x</think>", "\n[THINK]x[/THINK]\n", "\n\n<thinking>x</thinking>\n\n",
          "<|channel|>analysis<|message|>x<|end|><|start|>assistant<|channel|>final<|message|>"}) {
      fault_of(spoken + thought + "{\"result\": true}");
      fault_of("<think>a</think>" + spoken + thought + "{\"result\": true}");
    }
  }
}

TEST(Verdict, NamesTheFaultInASentence) {
  EXPECT_EQ(fault_of(R"({"result": "true"})"),
            "the \"result\" of the answer is of type string, and must be true or false without "
            "quotes");
  EXPECT_EQ(fault_of(R"({"verdict": true})"), "the answer has no \"result\"");
  EXPECT_EQ(fault_of("Yes."),
            "the answer does not begin with a JSON object; the answer must be exactly one JSON "
            "object such as {\"reason\": \"...\", \"result\": true}, and nothing else");
}

}  // namespace
}  // namespace gvm::text
