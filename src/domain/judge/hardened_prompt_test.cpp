#include "judge/hardened_prompt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "judge/phrasings.h"
#include "judge/test_judge.h"

namespace gvm::judge {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr Guards kNone{false, false, false, false, false};

const Values kTexts = {{"leader_answer", "Paris is the capital"},
                       {"validator_answer", "It is Paris"},
                       {"principle", "same city"},
                       {"task", "name the city"},
                       {"criteria", "one word"},
                       {"input", "Paris, France"},
                       {"output", "Paris"}};

PromptTexts hardened(Kind kind, const Values& values, const Guards& guards = {},
                     std::optional<std::size_t> beside = std::nullopt, std::uint64_t seed = 1) {
  auto texts = harden(kind, lookup(values), guards, beside, counted(seed));
  EXPECT_TRUE(texts);
  return texts ? *texts : PromptTexts();
}

// The drawn words, read from the sentences that explain them.
std::string word_after(const std::string& text, std::string_view lead, char end) {
  const auto at = text.find(lead);
  if (at == text.npos) return {};
  return text.substr(at + lead.size(), text.find(end, at + lead.size()) - at - lead.size());
}
std::string fence_in(const std::string& text) {
  return word_after(text, "between two lines \"", '"');
}
std::string mark_in(const std::string& text) {
  return word_after(text, "The sign ", ' ');
}

TEST(HardenedPrompt, PutsEveryTextInPlaceOnce) {
  for (const auto kind : {Kind::comparative, Kind::leader, Kind::validator}) {
    const auto texts = hardened(kind, kTexts, kNone);
    for (const auto& slot : slots_of(kind))
      EXPECT_EQ(count(texts.user, ":\n" + kTexts.at(std::string(slot.name)) + "\n"), 1U);
  }
}

TEST(HardenedPrompt, NeverExpandsAPlaceholderInAValue) {
  auto values = kTexts;
  values["leader_answer"] = "#{principle} {principle} %1 #{validator_answer}";
  values["principle"] = "#{leader_answer}";
  const auto texts = hardened(Kind::comparative, values, {.marks = false});
  EXPECT_EQ(count(texts.user, values["leader_answer"]), 1U);
  EXPECT_EQ(count(texts.user, "#{leader_answer}"), 1U);
}

TEST(HardenedPrompt, FencesEveryTextWithAWordThatIsInNone) {
  const auto texts = hardened(Kind::validator, kTexts, {.marks = false});
  const auto fence = fence_in(texts.user);
  ASSERT_GE(fence.size(), 10U);
  EXPECT_EQ(count(texts.user, "\n" + fence + "\n"), 8U);
  for (const auto& [slot, text] : kTexts) EXPECT_THAT(text, Not(HasSubstr(fence)));
}

TEST(HardenedPrompt, DrawsOtherWordsWhenAValueHoldsThem) {
  const auto first = hardened(Kind::comparative, kTexts);
  auto values = kTexts;
  values["leader_answer"] += "\n" + fence_in(first.user) + "\n" + mark_in(first.user) + " x";
  const auto second = hardened(Kind::comparative, values);
  EXPECT_NE(fence_in(second.user), fence_in(first.user));
  EXPECT_NE(mark_in(second.user), mark_in(first.user));
  EXPECT_EQ(count(second.user, "\n" + fence_in(second.user)), 6U);
}

TEST(HardenedPrompt, MarksTheWordsOfOthersAndNotTheRules) {
  const auto texts = hardened(Kind::comparative, kTexts);
  const auto mark = mark_in(texts.user);
  ASSERT_FALSE(mark.empty());
  EXPECT_THAT(texts.user, HasSubstr(mark + " Paris " + mark + " is " + mark + " the"));
  EXPECT_THAT(texts.user, HasSubstr("\nsame city\n"));
}

TEST(HardenedPrompt, LeavesALeadersInputAsItIs) {
  auto values = kTexts;
  values["input"] = "zero\u200Bwidth and words";
  const auto texts = hardened(Kind::leader, values);
  EXPECT_THAT(texts.user, HasSubstr("\n" + values["input"] + "\n"));
  EXPECT_TRUE(mark_in(texts.user).empty());
}

TEST(HardenedPrompt, DropsWhatNobodySees) {
  auto values = kTexts;
  values["leader_answer"] = "Pa\u200Bris\u202E\u2066\U000E0074\U000E0072\uFE0F\u00AD";
  values["principle"] = "sa\u2060me";
  const auto texts = hardened(Kind::comparative, values, {.marks = false});
  EXPECT_THAT(texts.user, HasSubstr("\nParis\n"));
  EXPECT_THAT(texts.user, HasSubstr("\nsame\n"));
  // Thousands of combining marks do not stop it.
  std::string many = "a";
  for (int i = 0; i < 5000; ++i) many += "\u0301";
  values["leader_answer"] = many + "\U000E0074";
  EXPECT_THAT(hardened(Kind::comparative, values).user, Not(HasSubstr("\U000E0074")));
}

TEST(HardenedPrompt, RefusesWhatIsNoUtf8) {
  auto values = kTexts;
  values["leader_answer"] = "\xff";
  EXPECT_FALSE(harden(Kind::comparative, lookup(values), {}, std::nullopt, counted()));
}

TEST(HardenedPrompt, SaysWhatIsDataBeforeItAndBehindIt) {
  for (const auto kind : {Kind::comparative, Kind::leader, Kind::validator}) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      const auto texts = hardened(kind, kTexts, {}, std::nullopt, seed);
      const auto& phrasing = phrasings_of(kind)[texts.phrasing];
      const auto data = texts.user.find(fence_in(texts.user) + "\n");
      EXPECT_LT(texts.user.find(phrasing.before), data);
      EXPECT_GT(texts.user.find(phrasing.after), texts.user.rfind(fence_in(texts.user)));
      EXPECT_GT(texts.user.find(phrasing.question), texts.user.find(phrasing.after));
    }
  }
}

TEST(HardenedPrompt, AsksForTheReasonFirstAndTheVerdictLast) {
  for (const auto kind : {Kind::comparative, Kind::validator}) {
    const auto texts = hardened(kind, kTexts);
    EXPECT_TRUE(texts.user.ends_with(R"({"reason": "...", "result": false})"));
  }
}

TEST(HardenedPrompt, DrawsAllPhrasingsAndAnotherOneForASecondQuestion) {
  for (const auto kind : {Kind::comparative, Kind::leader, Kind::validator}) {
    ASSERT_GE(phrasings_of(kind).size(), 3U);
    std::set<std::size_t> drawn;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      const auto first = hardened(kind, kTexts, {}, std::nullopt, seed);
      drawn.insert(first.phrasing);
      EXPECT_NE(hardened(kind, kTexts, {}, first.phrasing, seed).phrasing, first.phrasing);
    }
    EXPECT_EQ(drawn.size(), phrasings_of(kind).size());
    EXPECT_EQ(hardened(kind, kTexts, kNone, 0).phrasing, 0U);
  }
}

TEST(HardenedPrompt, StaysBoundedForAMebibyte) {
  auto values = kTexts;
  values["leader_answer"] = std::string(1 << 20, 'a');
  values["validator_answer"].clear();
  for (int i = 0; i < 1 << 19; ++i) values["validator_answer"] += "a ";
  const auto texts = hardened(Kind::comparative, values);
  EXPECT_LT(texts.user.size(), std::size_t{6} << 20);
}

TEST(HardenedPrompt, HardensAnOwnTemplateAroundItsText) {
  const OwnTemplate own{"My judge.", [](const Lookup& values) {
                          return "A=" + std::string(values("leader_answer")) +
                                 " B=" + std::string(values("validator_answer")) +
                                 " P=" + std::string(values("principle"));
                        }};
  const auto texts =
      harden_own(Kind::comparative, own, lookup(kTexts), {.marks = false}, std::nullopt, counted());
  ASSERT_TRUE(texts);
  EXPECT_TRUE(texts->system.starts_with("My judge.\n"));
  const auto fence = fence_in(texts->system);
  EXPECT_THAT(texts->user, HasSubstr("A=" + fence + "\nParis is the capital\n" + fence + " B="));
  EXPECT_THAT(texts->user, HasSubstr(" P=same city\n"));
  EXPECT_TRUE(texts->user.starts_with(phrasings_of(Kind::comparative)[texts->phrasing].before));
}

}  // namespace
}  // namespace gvm::judge
