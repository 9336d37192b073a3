#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/guards_load.h"
#include "config/test_environment.h"
#include "guard/guard_set.h"

namespace gvm::config {
namespace {

using testing::HasSubstr;

std::string messages(std::string_view text) {
  const auto loaded = load_guards_text(text, "g.yaml", test_environment());
  return loaded ? "loads" : to_string(loaded.error());
}

TEST(Guards, AreCompiledWhenTheyAreLoaded) {
  const auto loaded = load_guards_text(R"(
backends: {}
guards:
  enforce: true
  canaries: kestrel-71
  rules:
    keys: {kind: secrets, action: block}
    people: {kind: personal, action: mask, entries: [email, phone], stages: input}
    long: {kind: length, unit: tokens, most: 4000, stages: [input, page], dry_run: true}
    form: {kind: json, stages: output, schema: {type: object}}
)",
                                       "g.yaml", test_environment());
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  const auto& guards = loaded->config;
  EXPECT_TRUE(guards.enforce);
  ASSERT_TRUE(guards.compiled);
  ASSERT_EQ(guards.compiled->rules().size(), 4U);
  EXPECT_EQ(guards.compiled->rules()[1].action, guard::Action::mask);
  EXPECT_EQ(guards.compiled->rules()[1].stages, std::vector{guard::Stage::input});
  EXPECT_EQ(guards.compiled->rules()[2].most, 4000U);
  EXPECT_TRUE(guards.compiled->rules()[2].dry_run);
  EXPECT_FALSE(guards.compiled->rules()[3].schema->is_null());
}

TEST(Guards, MayBeAbsent) {
  const auto loaded = load_guards_text("other: 1\n", "g.yaml", test_environment());
  ASSERT_TRUE(loaded);
  EXPECT_FALSE(loaded->config.compiled);
}

TEST(Guards, AreNamedWhenTheyAreWrong) {
  EXPECT_THAT(messages("guards:\n  rules:\n    a: {kind: secret}\n"),
              HasSubstr("guards.rules.a.kind: got \"secret\", expected one of"));
  EXPECT_THAT(messages("guards:\n  rules:\n    a: {kind: refusal, action: deny}\n"),
              HasSubstr("guards.rules.a.action: got \"deny\""));
  EXPECT_THAT(messages("guards:\n  rules:\n    a: {kind: refusal, stages: [input, ouput]}\n"),
              HasSubstr("got \"ouput\", expected one of input, output, page"));
  EXPECT_THAT(
      messages(
          "guards:\n  rules:\n    b: {kind: refusal}\n    a: {kind: patterns, entries: '('}\n"),
      HasSubstr("guards.rules: the guard rule \"a\": the pattern \"(\": RE2 refuses it"));
  EXPECT_THAT(messages("guards:\n  rules:\n    a: {kind: json, action: mask}\n"),
              HasSubstr("cannot be masked"));
  EXPECT_THAT(messages("guards:\n  rule: {}\n"), HasSubstr("guards.rule"));
}

TEST(Guards, FailOverWhenTheyRefuseUnlessTheFileSaysOtherwise) {
  const auto loaded = load_guards_text(R"(
guards:
  rules:
    no: {kind: refusal}
    never: {kind: refusal, fail_over: false}
    words: {kind: literals, entries: x1}
    weak: {kind: json, fail_over: true}
    told: {kind: refusal, action: warn}
)",
                                       "g.yaml", test_environment());
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  std::vector<bool> fail_over;
  for (const auto& rule : loaded->config.compiled->rules()) fail_over.push_back(rule.fail_over);
  EXPECT_EQ(fail_over, (std::vector<bool>{true, false, false, true, false}));
  EXPECT_THAT(messages("guards:\n  rules:\n    a: {kind: json, action: warn, fail_over: true}\n"),
              HasSubstr("only a rule that blocks fails over"));
}

TEST(Guards, OfKindCanaryDoNotLookAtPrompts) {
  EXPECT_THAT(messages("guards:\n  rules:\n    a: {kind: canary, stages: [input]}\n"),
              HasSubstr("a prompt holds its own system text"));
  EXPECT_EQ(messages("guards:\n  rules:\n    a: {kind: canary, stages: [output]}\n"), "loads");
}

TEST(Guards, AskModeratorsOnlyWhenEnforced) {
  const auto with = [](std::string_view moderator, std::string_view enforce = "true") {
    return messages("guards:\n  enforce: " + std::string(enforce) +
                    "\n  moderators:\n    m: " + std::string(moderator) + "\n");
  };
  EXPECT_EQ(with("{url: 'https://example.org/v1/moderations', key: abc, timeout: 2s}"), "loads");
  EXPECT_THAT(with("{url: 'https://example.org/'}", "false"), HasSubstr("`enforce: true` only"));
  EXPECT_THAT(with("{url: 'https://example.org/', action: mask}"), HasSubstr("got \"mask\""));
  EXPECT_THAT(with("{url: 'https://example.org/', when_down: maybe}"), HasSubstr("\"maybe\""));
  EXPECT_THAT(with("{url: 'https://example.org/', score: 0.5}"), HasSubstr("needs `categories`"));
  EXPECT_THAT(with("{url: 'https://example.org/', timeout: 0s}"), HasSubstr("timeout"));
  EXPECT_THAT(with("{url: 'https://example.org/', backend: b, model: m}"),
              HasSubstr("needs either"));
}

}  // namespace
}  // namespace gvm::config
