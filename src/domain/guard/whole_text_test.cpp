#include "guard/whole_text.h"

#include <gtest/gtest.h>

#include "guard/test_guard.h"
#include "text/json.h"

namespace gvm::guard {
namespace {

std::string by(const Rule& rule, std::string_view text) {
  const auto set = set_of({rule});
  return set == nullptr ? "does not compile" : outcome(*set, text, Stage::output).substr(0, 5);
}

TEST(LengthRules, CountBytesCharactersAndTokens) {
  auto length = rule("n", RuleKind::length, Action::block);
  length.most = 4;
  EXPECT_EQ(by(length, "abcd"), "allow");
  EXPECT_EQ(by(length, "abcde"), "block");
  length.unit = LengthUnit::characters;
  EXPECT_EQ(by(length, "\u00e9\u00e9e\u0301\U0001F468\u200D\U0001F469"), "allow");
  length.unit = LengthUnit::tokens;
  EXPECT_EQ(by(length, "sixteen letters."), "allow");
  EXPECT_EQ(by(length, "\u4e00\u4e01\u4e02\u4e03\u4e04"), "block");
  length.least = 3;
  EXPECT_EQ(by(length, "one"), "block");
}

TEST(ChoiceRules, KnowTheirValues) {
  const auto choice = rule("c", RuleKind::choice, Action::block, {"yes", "no"});
  EXPECT_EQ(by(choice, " yes\n"), "allow");
  EXPECT_EQ(by(choice, "Yes"), "block");
  EXPECT_EQ(by(choice, ""), "block");
}

TEST(JsonRules, CheckTheForm) {
  auto json = rule("j", RuleKind::json, Action::block);
  EXPECT_EQ(by(json, "{\"a\": [1]}"), "allow");
  EXPECT_EQ(by(json, "{\"a\": [1}"), "block");
  json.schema = *text::parse_json(R"({"type": "object", "required": ["result"]})");
  EXPECT_EQ(by(json, R"({"result": true})"), "allow");
  EXPECT_EQ(by(json, R"({"other": true})"), "block");
}

TEST(ScriptRules, KnowLetters) {
  const auto latin = rule("s", RuleKind::script, Action::block, {"Latn"});
  EXPECT_EQ(by(latin, "Caf\u00e9 12, \u2014 \U0001F600!"), "allow");
  EXPECT_EQ(by(latin, "Caf\u0435"), "block");
  const auto japanese = rule("s", RuleKind::script, Action::block, {"Hani", "Kana"});
  EXPECT_EQ(by(japanese, "\u6771\u4eac\u30bf\u30ef\u30fc\u306e"), "allow");
}

TEST(LanguageRules, KnowLongEnoughTexts) {
  const auto english = rule("l", RuleKind::language, Action::block, {"en"});
  EXPECT_EQ(by(english, "The answer of the model is that the claim holds."), "allow");
  EXPECT_EQ(by(english,
               "Die Antwort des Modells ist, dass die Behauptung nicht stimmt und sie falsch ist."),
            "block");
  EXPECT_EQ(
      by(english,
         "\u041e\u0442\u0432\u0435\u0442 \u043c\u043e\u0434\u0435\u043b\u0438 "
         "\u0432\u0435\u0440\u0435\u043d \u043f\u043e\u043b\u043d\u043e\u0441\u0442\u044c\u044e"),
      "block");
  EXPECT_EQ(by(english, "ok"), "allow");
  EXPECT_EQ(by(english, "{\"result\": 1}"), "allow");
}

TEST(RepetitionRules, KnowTextsThatGoRound) {
  const auto loop = rule("r", RuleKind::repetition, Action::block);
  std::string round;
  while (round.size() < 2000) round += "The result is true because the result is true. ";
  EXPECT_EQ(by(loop, round), "block");
  EXPECT_EQ(by(loop, std::string(1000, 'a')), "block");
  std::string plain;
  for (int i = 0; i < 120; ++i)
    plain += "Line " + std::to_string(i * 7919) + " says " + std::to_string(i * i) + "; ";
  EXPECT_EQ(by(loop, plain), "allow");
  EXPECT_EQ(by(loop, "ha ha ha ha ha"), "allow");
}

}  // namespace
}  // namespace gvm::guard
