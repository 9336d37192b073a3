#include "provider/whole_words.h"

#include <gtest/gtest.h>

#include <string>

namespace gvm::provider {
namespace {

TEST(WholeWords, EndInFrontOfAWordThatDoesNotFit) {
  const std::string key = "sk-proj-AbC_0123/456+789=";
  const std::string text = "the key is " + key + " here";
  for (std::size_t most = 0; most <= text.size(); ++most) {
    const auto words = whole_words(text, most);
    EXPECT_LE(words.size(), most);
    EXPECT_TRUE(text.starts_with(words));
    const bool has_beginning = words.find("sk-") != words.npos;
    EXPECT_EQ(has_beginning, words.find(key) != words.npos) << most;
  }
}

TEST(WholeWords, AreAllOfAShortTextAndNoneOfOneLongWord) {
  EXPECT_EQ(whole_words("short", 5), "short");
  EXPECT_EQ(whole_words(std::string(100, 'a'), 50), "");
  EXPECT_EQ(whole_words("", 0), "");
}

}  // namespace
}  // namespace gvm::provider
