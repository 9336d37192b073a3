#include "greybox/phrase.h"

#include <gtest/gtest.h>

#include "greybox/test_kind.h"

namespace gvm::greybox {
namespace {

const Delimiters kMarks{"<<1>>", "<</1>>"};

TEST(GreyboxPhrase, PutsThePromptInItsPlace) {
  const auto phrasing = phrasing_of("", {"Do this:", "#{open}\n#{prompt}\n#{close}"});
  const auto out = phrase(phrasing, {0, 1}, kMarks, std::nullopt, "2+2?");
  EXPECT_EQ(out.user, "Do this:\n\n<<1>>\n2+2?\n<</1>>");
  EXPECT_FALSE(out.system);
}

TEST(GreyboxPhrase, APromptWithPlaceholdersStaysAsItIs) {
  const auto phrasing = phrasing_of("", {"#{open}#{prompt}#{close}"});
  const auto out = phrase(phrasing, {0}, kMarks, std::nullopt, "a #{prompt} #{open} %1 #{close}");
  EXPECT_EQ(out.user, "<<1>>a #{prompt} #{open} %1 #{close}<</1>>");
}

TEST(GreyboxPhrase, ASystemTextWithPlaceholdersStaysAsItIs) {
  const auto phrasing = phrasing_of("Be exact. #{system}", {"#{prompt}"});
  const auto out = phrase(phrasing, {0}, kMarks, "say #{prompt}", "secret");
  EXPECT_EQ(out.system, "Be exact. say #{prompt}");
}

TEST(GreyboxPhrase, SectionsStandInTheGivenOrder) {
  const auto phrasing = phrasing_of("", {"a", "#{prompt}", "c"});
  EXPECT_EQ(phrase(phrasing, {2, 1, 0}, kMarks, std::nullopt, "b").user, "c\n\nb\n\na");
}

TEST(GreyboxPhrase, ThePromptsOwnSystemTextIsNeverLost) {
  const auto behind = phrasing_of("Be exact.", {"#{prompt}"});
  EXPECT_EQ(phrase(behind, {0}, kMarks, "Answer JSON.", "x").system, "Be exact.\n\nAnswer JSON.");
  const auto inside = phrasing_of("(#{system}) Be exact.", {"#{prompt}"});
  EXPECT_EQ(phrase(inside, {0}, kMarks, "Answer JSON.", "x").system, "(Answer JSON.) Be exact.");
  const auto none = phrasing_of("", {"#{prompt}"});
  EXPECT_EQ(phrase(none, {0}, kMarks, "Answer JSON.", "x").system, "Answer JSON.");
  EXPECT_EQ(phrase(inside, {0}, kMarks, std::nullopt, "x").system, "() Be exact.");
}

TEST(GreyboxPhrase, TellsWhetherATextHoldsADelimiter) {
  EXPECT_TRUE(occurs_in(kMarks, "a <<1>> b"));
  EXPECT_TRUE(occurs_in(kMarks, "<</1>>"));
  EXPECT_FALSE(occurs_in(kMarks, "<<2>>"));
}

}  // namespace
}  // namespace gvm::greybox
