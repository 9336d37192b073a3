// Rules that are wrong, and texts that attack: typed errors in bounded time.
#include <gtest/gtest.h>

#include <ctime>

#include "base/error_codes.h"
#include "guard/test_guard.h"

namespace gvm::guard {
namespace {

std::string refused(std::vector<Rule> rules) {
  const auto set = GuardSet::compile(std::move(rules));
  return set ? "" : set.error().to_string();
}

TEST(BadRules, AreNamedWithWhatIsWrong) {
  EXPECT_EQ(refused({rule("", RuleKind::refusal, Action::warn)}),
            "INVALID_CONFIG: a guard rule has no name");
  EXPECT_EQ(refused({rule("a", RuleKind::refusal, Action::warn),
                     rule("a", RuleKind::refusal, Action::warn)}),
            "INVALID_CONFIG: the guard rule \"a\": another rule has the same name");
  EXPECT_EQ(refused({rule("a", RuleKind::json, Action::mask)}),
            "INVALID_CONFIG: the guard rule \"a\": a rule of kind json is about the whole text, "
            "which cannot be "
            "masked: use warn or block");
  EXPECT_EQ(refused({rule("a", RuleKind::personal, Action::allow)}),
            "INVALID_CONFIG: the guard rule \"a\": only literals and patterns can allow something");
  EXPECT_NE(refused({rule("a", RuleKind::patterns, Action::warn, {"a(b"})})
                .find("\"a(b\": RE2 refuses it"),
            std::string::npos);
  EXPECT_NE(refused({rule("a", RuleKind::patterns, Action::warn, {"a*"})})
                .find("it matches an empty text"),
            std::string::npos);
  EXPECT_NE(
      refused({rule("a", RuleKind::patterns, Action::warn, {"(?:(?:a{1,100}){1,100}){1,100}"})}),
      "");
  EXPECT_NE(refused({rule("a", RuleKind::literals, Action::warn, {"\xff"})}), "");
  EXPECT_NE(refused({rule("a", RuleKind::literals, Action::warn, {"\u200b"})}), "");
  EXPECT_NE(refused({rule("a", RuleKind::literals, Action::warn)}), "");
  EXPECT_NE(refused({rule("a", RuleKind::personal, Action::warn, {"shoe size"})}), "");
  EXPECT_NE(refused({rule("a", RuleKind::secrets, Action::warn, {"shoe size"})}), "");
  EXPECT_NE(refused({rule("a", RuleKind::language, Action::warn, {"xx"})}), "");
  EXPECT_NE(refused({rule("a", RuleKind::length, Action::warn)}), "");
}

TEST(BadRules, MayNotContradictEachOther) {
  const auto allow = rule("a", RuleKind::literals, Action::allow, {"word"});
  const auto block = rule("b", RuleKind::literals, Action::block, {"other", "word"});
  EXPECT_EQ(refused({allow, block}),
            "INVALID_CONFIG: the guard rule \"b\": the rule \"a\" allows its entry \"word\"");
  auto elsewhere = block;
  elsewhere.stages = {Stage::page};
  auto here = allow;
  here.stages = {Stage::input};
  EXPECT_EQ(refused({here, elsewhere}), "");
  auto length = rule("l", RuleKind::length, Action::warn);
  length.least = 5;
  length.most = 4;
  EXPECT_NE(refused({length}).find("its least length is larger than its largest"),
            std::string::npos);
}

double seconds(const GuardSet& set, std::string_view text) {
  timespec begin{};
  timespec end{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
  (void)set.inspect({.text = text});
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
  return static_cast<double>(end.tv_sec - begin.tv_sec) +
         static_cast<double>(end.tv_nsec - begin.tv_nsec) * 1e-9;
}

std::vector<Rule> all_rules() {
  auto length = rule("length", RuleKind::length, Action::warn);
  length.most = 100'000'000;
  return {rule("personal", RuleKind::personal, Action::warn),
          rule("secrets", RuleKind::secrets, Action::warn),
          rule("injection", RuleKind::injection, Action::warn),
          rule("links", RuleKind::links, Action::warn),
          rule("canary", RuleKind::canary, Action::warn),
          rule("repetition", RuleKind::repetition, Action::warn),
          rule("refusal", RuleKind::refusal, Action::warn),
          rule("json", RuleKind::json, Action::warn),
          rule("language", RuleKind::language, Action::warn, {"en"}),
          rule("script", RuleKind::script, Action::warn, {"Latn"}),
          length};
}

TEST(HostileTexts, AreInvalidOrTooLarge) {
  const auto set = set_of(all_rules());
  ASSERT_TRUE(set);
  for (const auto* text : {"a\xff", "\xed\xa0\x80", "\xe2\x82"})
    EXPECT_EQ(set->inspect({.text = text}).error().code(), codes::kGuardBadText);
  EXPECT_EQ(set->inspect({.text = std::string(10'000'000, 'a')}).error().code(), codes::kTooLarge);
}

TEST(HostileTexts, TakeLinearTime) {
  const auto set = set_of(all_rules());
  ASSERT_TRUE(set);
  for (const std::string piece : {"a",
                                  "@",
                                  "a@",
                                  "1",
                                  "1 ",
                                  "+1",
                                  "1.",
                                  "[",
                                  "<!--",
                                  "://",
                                  "a://",
                                  "%41",
                                  "A",
                                  "=",
                                  "eyJ",
                                  "\u0301",
                                  "\U000E0041",
                                  "\u202e",
                                  "abandon ",
                                  "{\"a\":",
                                  "-----BEGIN PRIVATE KEY-----",
                                  "password=",
                                  "x_1 ",
                                  "4111 ",
                                  "2001:",
                                  "ignore all previous ",
                                  "\u5ffd"}) {
    std::string small;
    while (small.size() < 32 * kKiB) small += piece;
    std::string large;
    while (large.size() < 128 * kKiB) large += piece;
    (void)seconds(*set, small);
    // Linear is 4 times, quadratic 16 times.
    EXPECT_LT(seconds(*set, large), 0.05 + 9 * seconds(*set, small)) << piece;
  }
}

TEST(HostileTexts, WithTooManyMatchesGoNoFurther) {
  const auto set = set_of({rule("w", RuleKind::literals, Action::warn, {"a"})});
  std::string many;
  while (many.size() < 100'000) many += "a ";
  const auto verdict = set->inspect({.text = many});
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().code(), codes::kTooLarge);
}

TEST(ManyPatterns, ByTheTenThousandWork) {
  std::vector<std::string> expressions;
  std::vector<std::string> words;
  for (int i = 0; i < 10'000; ++i) {
    expressions.push_back("name" + std::to_string(i) + "-\\d{3}");
    words.push_back("word number " + std::to_string(i));
  }
  const auto set = set_of({rule("p", RuleKind::patterns, Action::block, expressions),
                           rule("l", RuleKind::literals, Action::block, words)});
  ASSERT_TRUE(set);
  EXPECT_EQ(outcome(*set, "name4711-123"), "block p");
  EXPECT_EQ(outcome(*set, "name4711-12"), "allow name4711-12");
  EXPECT_EQ(outcome(*set, "Word  number 9999"), "block l");
  EXPECT_EQ(outcome(*set, "word number 10000"), "allow word number 10000");
}

TEST(ManyPatterns, WithoutFixedTextsWorkToo) {
  std::vector<std::string> expressions;
  for (int i = 1; i < 60; ++i) expressions.push_back("\\b\\d{" + std::to_string(i) + "}-\\d\\b");
  const auto set = set_of({rule("p", RuleKind::patterns, Action::block, expressions)});
  ASSERT_TRUE(set);
  EXPECT_EQ(outcome(*set, "12345-6"), "block p");
  EXPECT_EQ(outcome(*set, "12345-67"), "allow 12345-67");
}

TEST(ManyRules, AreLimited) {
  std::vector<Rule> rules(1'001, rule("r", RuleKind::refusal, Action::warn));
  for (std::size_t i = 0; i < rules.size(); ++i) rules[i].name = std::to_string(i);
  EXPECT_EQ(refused(rules), "INVALID_CONFIG: over 1000 guard rules");
}

}  // namespace
}  // namespace gvm::guard
