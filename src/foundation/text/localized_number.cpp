#include "text/localized_number.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <vector>

namespace gvm::text {
namespace {

// Space, no-break space, narrow no-break space.
constexpr std::string_view kSpaces = " \xC2\xA0\xE2\x80\xAF";
constexpr std::string_view kApostrophes = "'\xE2\x80\x99";

struct Language {
  std::string_view tag;
  NumberFormat format;
};

constexpr NumberFormat kComma{",", U'.'};
constexpr NumberFormat kPoint{".", U','};
constexpr NumberFormat kSpace{kSpaces, U','};
constexpr NumberFormat kSwiss{kApostrophes, U'.'};
constexpr NumberFormat kIndian{",", U'.', NumberFormat::Grouping::indian};
// Arabic has signs of its own, which its Western digits do not use.
constexpr NumberFormat kArabic{",\xD9\xAC", U'.'};

// A tag with a region stands before its language.
constexpr Language kLanguages[] = {
    {"de-ch", kSwiss}, {"fr-ch", kSwiss}, {"it-ch", kSwiss}, {"de-li", kSwiss}, {"en-in", kIndian},
    {"es-mx", kComma}, {"es-us", kComma}, {"en-za", kSpace}, {"en", kComma},    {"zh", kComma},
    {"ja", kComma},    {"ko", kComma},    {"th", kComma},    {"he", kComma},    {"ms", kComma},
    {"sw", kComma},    {"ar", kArabic},   {"fa", kArabic},   {"ur", kComma},    {"hi", kIndian},
    {"bn", kIndian},   {"mr", kIndian},   {"ta", kIndian},   {"te", kIndian},   {"gu", kIndian},
    {"kn", kIndian},   {"ml", kIndian},   {"pa", kIndian},   {"de", kPoint},    {"es", kPoint},
    {"it", kPoint},    {"nl", kPoint},    {"pt", kPoint},    {"id", kPoint},    {"tr", kPoint},
    {"el", kPoint},    {"da", kPoint},    {"vi", kPoint},    {"ro", kPoint},    {"hr", kPoint},
    {"sl", kPoint},    {"sr", kPoint},    {"ca", kPoint},    {"az", kPoint},    {"fr", kSpace},
    {"ru", kSpace},    {"uk", kSpace},    {"pl", kSpace},    {"cs", kSpace},    {"sk", kSpace},
    {"sv", kSpace},    {"nb", kSpace},    {"no", kSpace},    {"fi", kSpace},    {"hu", kSpace},
    {"bg", kSpace},    {"lt", kSpace},    {"lv", kSpace},    {"et", kSpace},    {"kk", kSpace},
};

std::vector<char32_t> characters(std::string_view text) {
  std::vector<char32_t> out;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < size;) {
    UChar32 c = 0;
    U8_NEXT(bytes, i, size, c);
    out.push_back(c < 0 ? U'\uFFFD' : static_cast<char32_t>(c));
  }
  return out;
}

int digit_of(char32_t c) {
  return u_charDigitValue(static_cast<UChar32>(c));
}

bool is_sign(char32_t c) {
  return c == U'-' || c == U'+' || c == U'\u2212';
}

std::string take_digits(const std::vector<char32_t>& text, std::size_t& at) {
  std::string out;
  for (; at < text.size() && digit_of(text[at]) >= 0; ++at)
    out += static_cast<char>('0' + digit_of(text[at]));
  return out;
}

class Reader {
 public:
  Reader(std::string_view text, const NumberFormat& format)
      : text_(characters(text)),
        separators_(characters(format.separators)),
        decimal_(format.decimal),
        grouping_(format.grouping) {}

  std::optional<std::string> read() {
    std::optional<std::string> found;
    for (std::size_t at = 0; at < text_.size(); ++at) {
      if (is_other_number(at) && touches_digit(at)) return std::nullopt;
      if (!begins(at)) continue;
      if (found || follows_unread_mark(at)) return std::nullopt;
      const bool negative = is_negative(at);
      auto numeral = take(at);
      if (!numeral) return std::nullopt;
      found = (negative ? "-" : "") + *numeral;
      --at;
    }
    return found;
  }

 private:
  bool is_digit(std::size_t at) const { return at < text_.size() && digit_of(text_[at]) >= 0; }
  bool is_decimal(std::size_t at) const {
    return at < text_.size() && (text_[at] == decimal_ || text_[at] == U'\u066B') &&
           is_digit(at + 1);
  }
  bool is_separator(std::size_t at) const {
    return at < text_.size() && is_digit(at + 1) &&
           std::ranges::find(separators_, text_[at]) != separators_.end();
  }
  // A decimal mark without digits before it counts: ".5".
  bool begins(std::size_t at) const { return is_digit(at) || is_decimal(at); }

  // A number that is written in one character: a half, a circled or Roman one, an exponent. (A
  // footnote behind a word is none that was wanted.)
  bool is_other_number(std::size_t at) const {
    const auto c = static_cast<UChar32>(text_[at]);
    const bool numeral = u_charType(c) == U_OTHER_NUMBER || u_charType(c) == U_LETTER_NUMBER;
    return numeral && digit_of(text_[at]) < 0;
  }
  bool touches_digit(std::size_t at) const {
    std::size_t before = at;
    while (before > 0 && is_space(before - 1)) --before;
    return (before > 0 && is_digit(before - 1)) || is_fraction(at);
  }
  bool is_fraction(std::size_t at) const {
    const double value = u_getNumericValue(static_cast<UChar32>(text_[at]));
    return value > 0 && value < 1;
  }
  bool is_space(std::size_t at) const {
    return u_isUWhiteSpace(static_cast<UChar32>(text_[at])) != 0;
  }

  // ".5" where the language writes ",5": a fraction of another language, or what a list's bullet
  // is.
  bool follows_unread_mark(std::size_t at) const {
    if (at == 0 || !is_digit(at)) return false;
    const char32_t c = text_[at - 1];
    const bool mark = c == U'.' || c == U',' || c == U'\u066B' || c == U'\u066C';
    return mark && (at == 1 || u_isalpha(static_cast<UChar32>(text_[at - 2])) == 0);
  }

  // A sign right before it, or before the currency that stands there: "-$5", "- 5".
  bool is_negative(std::size_t at) const {
    while (at > 0) {
      const char32_t c = text_[at - 1];
      if (is_sign(c)) {
        // "5-7" and "A-7" have a hyphen, not a sign.
        const bool joins = at > 1 && u_isalnum(static_cast<UChar32>(text_[at - 2])) != 0;
        return c != U'+' && !joins;
      }
      const auto type = u_charType(static_cast<UChar32>(c));
      if (type != U_CURRENCY_SYMBOL && u_isUWhiteSpace(static_cast<UChar32>(c)) == 0) return false;
      --at;
    }
    return false;
  }

  std::optional<std::string> take(std::size_t& at) {
    std::vector<std::string> groups{take_digits(text_, at)};
    char32_t mark = 0;
    while (!groups.front().empty() && is_separator(at)) {
      if (mark != 0 && text_[at] != mark) return std::nullopt;
      mark = text_[at++];
      groups.push_back(take_digits(text_, at));
    }
    if (!well_grouped(groups)) return std::nullopt;
    std::string out;
    for (const auto& group : groups) out += group;
    if (is_decimal(at)) {
      ++at;
      const std::string fraction = take_digits(text_, at);
      if (is_decimal(at) || is_separator(at)) return std::nullopt;
      return canonical(std::move(out)) + "." + fraction;
    }
    return canonical(std::move(out));
  }

  bool well_grouped(const std::vector<std::string>& groups) const {
    constexpr std::size_t kLast = 3;
    if (groups.size() == 1) return true;
    const std::size_t inner = grouping_ == NumberFormat::Grouping::indian ? 2 : kLast;
    if (groups.back().size() != kLast || groups.front().size() > inner) return false;
    return std::all_of(groups.begin() + 1, groups.end() - 1,
                       [inner](const std::string& group) { return group.size() == inner; });
  }

  // JSON has no leading zeros.
  static std::string canonical(std::string digits) {
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
    return digits.empty() ? "0" : digits;
  }

  std::vector<char32_t> text_;
  std::vector<char32_t> separators_;
  char32_t decimal_;
  NumberFormat::Grouping grouping_;
};

}  // namespace

std::optional<NumberFormat> NumberFormat::of_language(std::string_view tag) {
  std::string lower;
  for (const char c : tag)
    lower += c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const Language& language : kLanguages) {
    const bool rest = lower.size() == language.tag.size() ||
                      (lower.size() > language.tag.size() && lower[language.tag.size()] == '-');
    if (lower.starts_with(language.tag) && rest) return language.format;
  }
  return std::nullopt;
}

std::optional<std::string> read_number(std::string_view text, const NumberFormat& format) {
  constexpr std::size_t kLongest = 4096;  // a longer text is no number with a unit
  if (text.size() > kLongest) return std::nullopt;
  return Reader(text, format).read();
}

}  // namespace gvm::text
