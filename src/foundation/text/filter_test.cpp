#include "text/filter.h"

#include <gtest/gtest.h>
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>

#include <array>
#include <ctime>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

#include "base/error_codes.h"
#include "text/json_scan.h"
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

std::string by_icu(std::string_view text, TextFilter form) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* normalizer = form == TextFilter::nfc ? icu::Normalizer2::getNFCInstance(status)
                                                   : icu::Normalizer2::getNFKCInstance(status);
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  normalizer->normalizeUTF8(0, {text.data(), static_cast<std::int32_t>(text.size())}, sink, nullptr,
                            status);
  return out;
}

std::string in_steps(std::string_view text, TextFilter form, std::size_t bytes) {
  auto run = FilterRun::start(text, std::vector{FilterStep{form}});
  while (run) {
    const auto done = run->advance(bytes);
    if (!done) return "refused";
    if (*done) return std::move(*run).take();
  }
  return "refused";
}

// Letters, marks of several classes, jamo, compatibility characters, marks that decompose.
std::string random_text(std::mt19937& random, std::size_t code_points) {
  static constexpr std::array<char32_t, 36> kCodePoints = {
      U'a',    U'e',    U' ',   U'\n',  0xE9,   0x300,  0x301,  0x323,   0x327,
      0x345,   0x344,   0x1100, 0x1161, 0x11A8, 0xAC00, 0xAC01, 0xFF21,  0xFB01,
      0xFDFA,  0x0F71,  0x0F72, 0x0F73, 0x0F81, 0x09C7, 0x09BE, 0x1E9B,  0x1D15E,
      0x1D165, 0x1D16E, 0x212B, 0x2126, 0x3099, 0x30AB, 0x6F22, 0x1F600, 0xDF};
  std::string out;
  for (std::size_t i = 0; i < code_points; ++i) append_utf8(out, kCodePoints[random() % 36]);
  return out;
}

TEST(TextFilter, NormalizesInPiecesAsIcuDoesAtOnce) {
  std::mt19937 random(5);
  for (int i = 0; i < 400; ++i) {
    const auto text = random_text(random, 1 + random() % 300);
    for (const auto form : {TextFilter::nfc, TextFilter::nfkc}) {
      EXPECT_EQ(filtered(text, {form}), by_icu(text, form));
    }
  }
  // Over the borders of pieces too.
  const auto text = random_text(random, 30'000);
  EXPECT_EQ(in_steps(text, TextFilter::nfkc, 1), by_icu(text, TextFilter::nfkc));
  EXPECT_EQ(filtered(text, {TextFilter::nfc}), by_icu(text, TextFilter::nfc));
}

TEST(TextFilter, SortsLongRunsOfMarksAsIcuDoes) {
  static constexpr std::array<char32_t, 8> kMarks = {0x301, 0x327, 0x323, 0x345,
                                                     0xF73, 0x344, 0x5B0, 0x1D165};
  std::mt19937 random(6);
  for (int i = 0; i < 200; ++i) {
    std::string text = "e";
    for (auto n = random() % 200; n > 0; --n) append_utf8(text, kMarks[random() % 8]);
    for (const auto form : {TextFilter::nfc, TextFilter::nfkc}) {
      EXPECT_EQ(filtered(text, {form}), by_icu(text, form));
    }
  }
}

std::string repeated(std::string_view piece, std::size_t bytes) {
  std::string out;
  while (out.size() + piece.size() <= bytes) out += piece;
  return out;
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double seconds_to_filter(std::string_view piece, std::size_t bytes) {
  const auto text = repeated(piece, bytes);
  const double start = cpu_seconds();
  (void)filter_text(text, std::vector{TextFilter::nfkc, TextFilter::rm_zero_width,
                                      TextFilter::normalize_ws, TextFilter::nfc});
  return cpu_seconds() - start;
}

std::vector<std::string> hostile_pieces() {
  std::string pile = "a";
  for (int i = 0; i < 120; ++i) pile += "\u0301\u0327";
  std::string decomposing = "\u0F40";
  for (int i = 0; i < 250; ++i) decomposing += "\u0F73";
  return {"a",      " ",      "\u00e9", "e\u0301", "\u0301",     "\u0F73", "\uFDFA",   "\u1161",
          "\uAC01", "\u3300", "\n ",    "\u200b",  "\U0001D160", pile,     decomposing};
}

TEST(TextFilter, TakesLinearTimeWhateverTheCharactersAre) {
  for (const auto& piece : hostile_pieces()) {
    (void)seconds_to_filter(piece, 1000);
    const double small = seconds_to_filter(piece, 128 * kKiB);
    const double large = seconds_to_filter(piece, 512 * kKiB);
    // Linear is 4 times, quadratic 16 times.
    EXPECT_LT(large, 0.02 + 9 * small) << piece.substr(0, 8);
  }
}

TEST(TextFilter, RefusesResultsThatGrowTooMuch) {
  EXPECT_EQ(filtered("\uFDFA", {TextFilter::nfkc}), by_icu("\uFDFA", TextFilter::nfkc));
  const auto grown = filter_text(repeated("\uFDFA", kMiB), std::vector{TextFilter::nfkc});
  ASSERT_FALSE(grown);
  EXPECT_EQ(grown.error().code(), codes::kTooLarge);
  const auto many = filter_text("a", std::vector(17, TextFilter::nfc));
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code(), codes::kTooLarge);
}

TEST(TextFilter, GivesTheSameInStepsOfAnySize) {
  std::mt19937 random(7);
  const std::vector<FilterStep> filters = {
      {TextFilter::nfkc}, {TextFilter::rm_zero_width}, {TextFilter::normalize_ws}};
  const auto text = random_text(random, 60'000);
  const auto whole = filter_text(text, filters);
  ASSERT_TRUE(whole);
  for (const std::size_t bytes : {std::size_t{1}, 20 * kKiB}) {
    auto run = FilterRun::start(text, filters);
    ASSERT_TRUE(run);
    int steps = 1;
    while (!*run->advance(bytes)) ++steps;
    EXPECT_GT(steps, 3);
    EXPECT_EQ(std::move(*run).take(), *whole);
  }
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
