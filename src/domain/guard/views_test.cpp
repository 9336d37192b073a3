#include "guard/views.h"

#include <gtest/gtest.h>

namespace gvm::guard {
namespace {

// What `part` of the view comes from.
std::string_view source(std::string_view original, const View& view, std::string_view part) {
  const auto at = view.text().find(part);
  if (at == std::string_view::npos) return "not there";
  const auto span = view.origin({at, at + part.size()});
  return original.substr(span.begin, span.end - span.begin);
}

TEST(Views, AsciiIsItself) {
  const std::string text = "Plain\ttext, 12";
  EXPECT_EQ(clean_view(text).text().data(), text.data());
  EXPECT_EQ(search_view(text).text(), "plain text, 12");
  EXPECT_EQ(search_view("A  \n b").text(), "a b");
  EXPECT_EQ(source("A  \n b", search_view("A  \n b"), "a b"), "A  \n b");
}

TEST(Views, LeadBackToWhatWasHidden) {
  const std::string text = "x i\u200bg\u00adn\u043ere y";
  EXPECT_EQ(clean_view(text).text(), "x ign\u043ere y");
  EXPECT_EQ(search_view(text).text(), "x ignore y");
  EXPECT_EQ(source(text, search_view(text), "ignore"), "i\u200bg\u00adn\u043ere");
}

TEST(Views, KeepCharactersThatBecomeSeveral) {
  const std::string text = "\uFB01x";
  EXPECT_EQ(search_view(text).text(), "fix");
  EXPECT_EQ(source(text, search_view(text), "f"), "\uFB01");
  EXPECT_EQ(source(text, search_view(text), "i"), "\uFB01");
  EXPECT_EQ(source(text, search_view(text), "x"), "x");
}

TEST(Views, CompareWhatLooksAlike) {
  for (const auto* written : {"paypal", "PAYPAL", "p\u0430yp\u0430l", "\uFF50\uFF41ypal",
                              "pa\u0301ypal", "pay\u200dpal", "\U0001D429aypal"})
    EXPECT_EQ(search_text(written), "paypal") << written;
  EXPECT_EQ(search_text("\u0421\u041E\u0420"), search_text("\u0441\u043e\u0440"));
  EXPECT_EQ(search_text("caf\u00e9"), search_text("cafe\u0301"));
  EXPECT_EQ(search_text("a\u00a0\u3000b"), "a b");
}

TEST(Views, OfNothingAreEmpty) {
  EXPECT_EQ(clean_view("").text(), "");
  EXPECT_EQ(search_view("\u200b").text(), "");
}

// Whatever the length: eight bytes are folded at once.
TEST(Views, FoldEveryAsciiCharacterAlike) {
  for (int c = 0; c < 0x80; ++c)
    for (std::size_t before = 0; before < 18; ++before) {
      const std::string text = std::string(before, 'x') + static_cast<char>(c) + "Y";
      const bool blank = c == ' ' || (c >= '\t' && c <= '\r');
      const bool capital = c >= 'A' && c <= 'Z';
      const auto folded = static_cast<char>(blank ? ' ' : capital ? c + 32 : c);
      EXPECT_EQ(search_text(text), std::string(before, 'x') + folded + "y") << c;
      const auto doubled = std::string(before, 'x') + static_cast<char>(c) + static_cast<char>(c);
      const auto once = std::string(before, 'x') + folded;
      EXPECT_EQ(search_text(doubled), blank ? once : once + folded) << c << ' ' << before;
    }
}

}  // namespace
}  // namespace gvm::guard
