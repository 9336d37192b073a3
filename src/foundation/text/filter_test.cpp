#include "text/filter.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "base/error_codes.h"
#include "text/utf8.h"

namespace gvm::text {
namespace {

std::string filtered(std::string_view text, std::initializer_list<TextFilter> filters) {
  return filter_text(text, std::vector(filters)).value_or("refused");
}

TEST(TextFilter, ComposesNormalizationForms) {
  EXPECT_EQ(filtered("e\u0301", {TextFilter::nfc}), "\u00e9");
  EXPECT_EQ(filtered("\uFB01 \uFF21 x\u00B2", {TextFilter::nfc}), "\uFB01 \uFF21 x\u00B2");
  EXPECT_EQ(filtered("\uFB01 \uFF21 x\u00B2", {TextFilter::nfkc}), "fi A x2");
  EXPECT_EQ(filtered("\u1100\u1161\u11A8", {TextFilter::nfc}), "\uAC01");
  EXPECT_EQ(filtered("plain", {TextFilter::nfkc}), "plain");
  EXPECT_EQ(filtered("", {TextFilter::nfc}), "");
}

TEST(TextFilter, NormalizesWhiteSpace) {
  const auto ws = [](std::string_view text) { return filtered(text, {TextFilter::normalize_ws}); };
  EXPECT_EQ(ws("a  b\t\tc"), "a b c");
  EXPECT_EQ(ws(" \n\t a"), "a");
  EXPECT_EQ(ws("a \t "), "a");
  EXPECT_EQ(ws("a\r\nb"), "a\nb");
  EXPECT_EQ(ws("a \n  b"), "a\nb");
  EXPECT_EQ(ws("a\n \n \n\nb"), "a\n\nb");
  EXPECT_EQ(ws("a\n"), "a\n");
  EXPECT_EQ(ws("a \n\n\n "), "a\n\n");
  EXPECT_EQ(ws("a\u00a0\u2003\u3000b\u0085\u2028c"), "a b c");
  EXPECT_EQ(ws("a\u200bb"), "a\u200bb");
  EXPECT_EQ(ws("a\rb\vc\fd"), "a b c d");
  EXPECT_EQ(ws(" \n "), "");
}

TEST(TextFilter, RemovesWhatHasNoWidth) {
  const auto rm = [](std::string_view text) { return filtered(text, {TextFilter::rm_zero_width}); };
  EXPECT_EQ(rm("a\u200b\u200c\u200d\u2060\ufeffb"), "ab");
  EXPECT_EQ(rm("a\u202e\u2066\u200eb\u00ad"), "ab");
  EXPECT_EQ(rm("tab\there\r\nnext\x7f\x01"), "tabhere\nnext");
  EXPECT_EQ(rm("e\u0301 \u00e9"), "e \u00e9");
  EXPECT_EQ(rm("\U000E0041\U000E007Fx\ufe0f"), "x");
  EXPECT_EQ(rm("\u1100\u1161\u11a8 \uac01"), "\u1100 \uac01");
  EXPECT_EQ(rm("\u115f\u3000\u00a0\u6f22 \U0001F600"), "\u115f\u3000\u00a0\u6f22 \U0001F600");
  EXPECT_EQ(rm("\u0605\u2028"), "\u2028");
}

TEST(TextFilter, AppliesFiltersInTheOrderGiven) {
  EXPECT_EQ(filtered("e\u0301", {TextFilter::nfc, TextFilter::rm_zero_width}), "\u00e9");
  EXPECT_EQ(filtered("e\u0301", {TextFilter::rm_zero_width, TextFilter::nfc}), "e");
  EXPECT_EQ(filtered("a\tb", {TextFilter::rm_zero_width, TextFilter::normalize_ws}), "ab");
  EXPECT_EQ(filtered("a\tb", {TextFilter::normalize_ws, TextFilter::rm_zero_width}), "a b");
  EXPECT_EQ(filtered(" x ", {}), " x ");
}

TEST(TextFilter, RefusesInvalidUtf8) {
  const std::vector filters = {TextFilter::nfc};
  for (const auto* text : {"a\xff", "\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    const auto result = filter_text(text, filters);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), codes::kScriptBadArgument);
  }
  EXPECT_EQ(filter_text("ab\xff", filters).error().to_string(),
            "SCRIPT_BAD_ARGUMENT: the text to filter has invalid UTF-8 at byte 2");
}

TEST(TextFilter, RefusesPilesOfCombiningMarks) {
  std::string pile = "a";
  for (int i = 0; i < 128; ++i) pile += "\u0301\u0327";
  EXPECT_NE(filtered(pile, {TextFilter::nfc}), "refused");
  const auto over = filter_text(pile + "\u0327", std::vector{TextFilter::nfkc});
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code(), codes::kTooLarge);
}

TEST(TextFilter, HasTheNamesScriptsUse) {
  EXPECT_EQ(text_filter_named("NFC"), TextFilter::nfc);
  EXPECT_EQ(text_filter_named("NFKC"), TextFilter::nfkc);
  EXPECT_EQ(text_filter_named("NormalizeWS"), TextFilter::normalize_ws);
  EXPECT_EQ(text_filter_named("RmZeroWidth"), TextFilter::rm_zero_width);
  EXPECT_EQ(text_filter_named("nfc"), std::nullopt);
}

TEST(Utf8, DecodesEveryScalarValueAndNothingElse) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    if (c < 0x80) {
      text = {static_cast<char>(c)};
    } else if (c < 0x800) {
      text = {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 63))};
    } else if (c < 0x10000) {
      text = {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 63)),
              static_cast<char>(0x80 | (c & 63))};
    } else {
      text = {static_cast<char>(0xF0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 63)),
              static_cast<char>(0x80 | (c >> 6 & 63)), static_cast<char>(0x80 | (c & 63))};
    }
    const auto decoded = first_code_point(text);
    ASSERT_EQ(decoded.value, c);
    ASSERT_EQ(decoded.bytes, text.size());
    ASSERT_EQ(first_code_point(std::string_view(text).substr(0, text.size() - 1)).bytes, 0U);
  }
  for (const auto* bad : {"\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xF5\x80\x80\x80"}) {
    EXPECT_EQ(first_code_point(bad).bytes, 0U);
    EXPECT_EQ(find_invalid_utf8(bad), 0U);
  }
}

}  // namespace
}  // namespace gvm::text
