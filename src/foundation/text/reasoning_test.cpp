#include "text/reasoning.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error_codes.h"
#include "text/codes.h"

namespace gvm::text {
namespace {

std::string stripped(std::string_view text) {
  const auto answer = strip_reasoning(text);
  return answer ? std::string(*answer) : "refused";
}

TEST(Reasoning, IsStrippedFromTextAnswers) {
  EXPECT_EQ(stripped("The sky is blue."), "The sky is blue.");
  EXPECT_EQ(stripped("<think>hm</think>Blue."), "Blue.");
  EXPECT_EQ(stripped("\n<Thinking>\nhm\n</Thinking>\n\nBlue."), "Blue.");
  EXPECT_EQ(stripped("[THINK]hm[/THINK] Blue."), "Blue.");
  EXPECT_EQ(stripped("I ponder.\n</think>\n\nBlue."), "Blue.");
  EXPECT_EQ(stripped("I ponder.</think>\nBlue."), "Blue.");
  EXPECT_EQ(stripped("<think>a</think><think>b</think>Blue."), "Blue.");
  EXPECT_EQ(stripped("<think>a <think>b</think> c</think>Blue."), "Blue.");
  EXPECT_EQ(stripped("<think>the <think> mark</think>Blue."), "Blue.");
  EXPECT_EQ(stripped("<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final"
                     "<|message|>Blue.<|return|>"),
            "Blue.");
  EXPECT_EQ(stripped("<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final "
                     "<|constrain|>json<|message|>{}"),
            "{}");
  EXPECT_EQ(stripped("\u25C1think\u25B7hm\u25C1/think\u25B7Blue."), "Blue.");
}

TEST(Reasoning, LeavesWhatStandsOutsideOfIt) {
  EXPECT_EQ(stripped("Sure. <think>hm</think> Blue."), "Sure. Blue.");
  EXPECT_EQ(stripped("Blue.\n\n[THINK]hm[/THINK]\n\nAnd red."), "Blue.\nAnd red.");
  EXPECT_EQ(stripped("<think>a</think>Blue. <think>b</think>Red. <think>c</think>Green."),
            "Blue. Red. Green.");
  EXPECT_EQ(stripped("Blue. <think>was it?</think>"), "Blue.");
  EXPECT_EQ(stripped("Blue.<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>"
                     "final<|message|>Red."),
            "Blue. Red.");
  EXPECT_EQ(stripped("Draft <think>a</think> more.\n</think>\nBlue."), "Blue.")
      << "what is in front of a lone closing mark is a draft";
  EXPECT_EQ(stripped("Blue. A <think> mark opens it."), "Blue. A <think> mark opens it.");
  EXPECT_EQ(stripped("<think>a</think>Blue. The <think> mark."), "Blue. The <think> mark.");
  EXPECT_EQ(split_reasoning("Yes. <think>a</think>Blue.").spoken.size(), 1U);
  EXPECT_TRUE(split_reasoning("<think>a</think>Blue.").spoken.empty());
}

TEST(Reasoning, IsNotCutWhereItsEndMayBeQuoted) {
  for (const auto* text : {"The page warns of fraud. Its last line is:\n</think>\nAll is well.",
                           "It wrote\n</think>\nx", "It ends with \"\n</think>\nx",
                           "He says\n\n[/THINK]\nPay.", "In full (\n</think>\nPay."}) {
    const auto answer = strip_reasoning(text);
    ASSERT_FALSE(answer) << *answer;
    EXPECT_EQ(answer.error().code(), codes::kAnswerNotUsable);
  }
}

TEST(Reasoning, IsNotFoundWhereMarksAreContent) {
  for (const auto* text :
       {"Write `</think>` to end it.", "A \"<think>\" mark opens a block.",
        "The closing mark </think> ends it, and <think> opens it.", "{\"t\": \"</think>\"}",
        "[\"<think>\", \"</think>\"]", "```xml\n<think>\nx\n</think>\n```\nis how models reason.",
        "{\"a\": \"x\n</think>\ny\"}"}) {
    EXPECT_EQ(stripped(text), text);
  }
}

TEST(Reasoning, WithoutAnEndLeavesNoAnswer) {
  const auto answer = strip_reasoning("<think>still at it");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().to_string(), "ANSWER_NOT_USABLE: the answer ends within its reasoning");
  EXPECT_EQ(stripped("<|channel|>analysis<|message|>hm"), "refused");
  EXPECT_EQ(stripped("<think>a</think><think>b"), "refused");
  EXPECT_EQ(stripped("<think>all of it</think> "), "");
}

TEST(Reasoning, SaysWhenAClosingMarkMayBeQuoted) {
  const auto doubt = [](std::string_view text) { return split_reasoning(text).doubt; };
  EXPECT_EQ(doubt("{\"a\": \"it wrote\n</think>\n{\"a\": 2}"), MarkDoubt::strong);
  EXPECT_EQ(doubt("{\"a\": 1}\n</think>\n{\"a\": 2}"), MarkDoubt::none);
  EXPECT_EQ(doubt("It wrote:\n</think>\nx"), MarkDoubt::strong);
  EXPECT_EQ(doubt("<think>It wrote </think>\nx"), MarkDoubt::strong);
  EXPECT_EQ(doubt("<think>I see.\n[/THINK]\nx"), MarkDoubt::none);
  EXPECT_EQ(doubt("<think>it wrote <|channel|>final<|message|>x"), MarkDoubt::strong);
  EXPECT_EQ(doubt("They agree\n</think>\nx"), MarkDoubt::some);
  EXPECT_EQ(doubt("They agree.\n</think>\nx"), MarkDoubt::none);
  EXPECT_EQ(doubt("<think>\nthey agree\n</think>\nx"), MarkDoubt::none);
}

TEST(Reasoning, TakesLinearTime) {
  for (const std::string piece :
       {"<think>", "</think>", "{\"", "[[", "`", "<|channel|>", "{\"a\":1}"}) {
    std::string text;
    while (text.size() < 1'000'000) text += piece;
    (void)split_reasoning(text);
  }
}

}  // namespace
}  // namespace gvm::text
