#include "text/filter.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <limits>

#include "base/error_codes.h"
#include "text/utf8.h"

namespace gvm::text {
namespace {

constexpr std::size_t kMaxBytes =
    std::numeric_limits<std::int32_t>::max();  // ICU counts in 32 bits
constexpr int kMaxLineBreaks = 2;              // of one run of white space

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Normalising sorts the marks on a letter by insertion; real text has a handful (UAX #15, 13: 30 at
// most).
constexpr std::size_t kMaxMarksInARow = 256;

std::unexpected<Error> icu_failure(UErrorCode status) {
  return fail(codes::kInternal, Fatality::fatal,
              std::string("Unicode normalisation failed: ") + u_errorName(status));
}

// Calls `visit(code point, its bytes)`; `text` is valid UTF-8.
template <class F>
void each_code_point(std::string_view text, F&& visit) {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = first_code_point(text.substr(i));
    visit(c.value, text.substr(i, c.bytes));
    i += c.bytes;
  }
}

bool has_too_many_marks(std::string_view text) {
  std::size_t longest = 0;
  std::size_t run = 0;
  each_code_point(text, [&](char32_t c, std::string_view) {
    run = c >= 0x300 && u_getCombiningClass(static_cast<UChar32>(c)) != 0 ? run + 1 : 0;
    longest = std::max(longest, run);
  });
  return longest > kMaxMarksInARow;
}

// ASCII text is normalised in every form.
Result<std::string> normalize(std::string text, TextFilter form) {
  if (is_ascii(text)) return text;
  UErrorCode status = U_ZERO_ERROR;
  const auto* normalizer = form == TextFilter::nfc ? icu::Normalizer2::getNFCInstance(status)
                                                   : icu::Normalizer2::getNFKCInstance(status);
  if (U_FAILURE(status)) return icu_failure(status);
  const icu::StringPiece piece(text.data(), static_cast<std::int32_t>(text.size()));
  if (normalizer->isNormalizedUTF8(piece, status) && U_SUCCESS(status)) return text;
  if (has_too_many_marks(text)) {
    return fail(codes::kTooLarge, Fatality::user,
                "over " + std::to_string(kMaxMarksInARow) + " combining marks in a row");
  }
  std::string out;
  out.reserve(text.size());
  icu::StringByteSink<std::string> sink(&out);
  normalizer->normalizeUTF8(0, piece, sink, nullptr, status);
  if (U_FAILURE(status)) return icu_failure(status);
  return out;
}

bool is_white_space(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r');
  return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0;
}

std::string normalize_ws(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool gap = false;  // white space since the last character kept
  int breaks = 0;    // line feeds in it
  const auto end_gap = [&](bool at_end) {
    if (gap && !out.empty()) {
      if (breaks > 0) {
        out.append(static_cast<std::size_t>(std::min(breaks, kMaxLineBreaks)), '\n');
      } else if (!at_end) {
        out += ' ';
      }
    }
    gap = false;
    breaks = 0;
  };
  each_code_point(text, [&](char32_t c, std::string_view bytes) {
    if (is_white_space(c)) {
      gap = true;
      breaks += c == '\n' && breaks < kMaxLineBreaks ? 1 : 0;
      return;
    }
    end_gap(false);
    out += bytes;
  });
  end_gap(true);
  return out;
}

constexpr char32_t kHangulFiller = 0x115F;  // stands for a missing initial: as wide as one

// Format characters that lie over or under the digits and letters that follow them, and one caret
// without width.
constexpr std::u32string_view kMarksWithoutWidth = U"\u0605\u070F\u0890\u0891\u08E2\uA8FA";

bool has_width(char32_t c) {
  if (c < 0x80) return c == '\n' || (c >= ' ' && c != 0x7F);
  const auto code = static_cast<UChar32>(c);
  if (c == kHangulFiller) return true;
  if (u_charType(code) == U_CONTROL_CHAR) return false;
  if (u_hasBinaryProperty(code, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) return false;
  if (u_hasBinaryProperty(code, UCHAR_GRAPHEME_EXTEND)) return false;
  const auto hangul = u_getIntPropertyValue(code, UCHAR_HANGUL_SYLLABLE_TYPE);
  if (hangul == U_HST_VOWEL_JAMO || hangul == U_HST_TRAILING_JAMO) return false;
  return !kMarksWithoutWidth.contains(c);
}

std::string rm_zero_width(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  each_code_point(text, [&](char32_t c, std::string_view bytes) {
    if (has_width(c)) out += bytes;
  });
  return out;
}

Result<std::string> apply(std::string text, TextFilter filter) {
  switch (filter) {
    case TextFilter::normalize_ws:
      return normalize_ws(text);
    case TextFilter::rm_zero_width:
      return rm_zero_width(text);
    default:
      return normalize(std::move(text), filter);
  }
}

}  // namespace

std::optional<TextFilter> text_filter_named(std::string_view name) {
  if (name == "NFC") return TextFilter::nfc;
  if (name == "NFKC") return TextFilter::nfkc;
  if (name == "NormalizeWS") return TextFilter::normalize_ws;
  if (name == "RmZeroWidth") return TextFilter::rm_zero_width;
  return std::nullopt;
}

Result<std::string> filter_text(std::string_view text, std::span<const TextFilter> filters) {
  if (text.size() > kMaxBytes) {
    return fail(codes::kTooLarge, Fatality::user, "a text to filter of over 2 GiB");
  }
  if (const auto bad = find_invalid_utf8(text); bad != kAllValid) {
    return fail(codes::kScriptBadArgument, Fatality::fatal,
                "the text to filter has invalid UTF-8 at byte " + std::to_string(bad));
  }
  Result<std::string> out = std::string(text);
  for (const auto filter : filters) {
    if (out) out = apply(std::move(*out), filter);
  }
  return out;
}

}  // namespace gvm::text
