#include "text/verdict_words.h"

#include <gtest/gtest.h>

#include <string>

namespace gvm::text {
namespace {

TEST(VerdictWords, CaseAndAccentsDoNotMatter) {
  for (const auto* word : {"falsch", "FALSCH", "Yanlış", "YANLIS", "ложь", "ЛОЖЬ", "fałsz", "错误",
                           "خطأ", "असत्य", "escribió", "escribio"})
    EXPECT_EQ(foreign_meaning(word), WordMeaning::judging) << word;
  for (const auto* word : {"wahr", "Sí", "нет", "正确", "はい", "Doğru", "सत्य"})
    EXPECT_EQ(foreign_meaning(word), WordMeaning::value) << word;
  for (const auto* word : {"result", "Ergebnis", "结果", "данные", "seis", "a", "\u00E9"})
    EXPECT_EQ(foreign_meaning(word), WordMeaning::none) << word;
  EXPECT_TRUE(means_revising("Korrektur"));
  EXPECT_FALSE(means_revising("Ergebnis"));
}

TEST(VerdictWords, AreFoundWithinTextWithoutSpaces) {
  EXPECT_EQ(foreign_meaning("这个答案是错误的"), WordMeaning::judging);
  EXPECT_EQ(foreign_meaning("以下是提取的数据"), WordMeaning::none);
}

TEST(VerdictWords, AWordEndsWhereItsLettersEnd) {
  EXPECT_EQ(end_of_word("Urteil: wahr", 0), 6U);
  EXPECT_EQ(end_of_word("结论：错误", 0), std::string("结论").size());
  EXPECT_EQ(end_of_word("असत्य।", 0), std::string("असत्य").size()) << "marks belong to their letter";
  EXPECT_EQ(end_of_word("– x", 0), 0U);
  EXPECT_EQ(end_of_word("x", 1), 1U);
  EXPECT_EQ(end_of_word("n_1 = 7", 0), 3U);
}

}  // namespace
}  // namespace gvm::text
