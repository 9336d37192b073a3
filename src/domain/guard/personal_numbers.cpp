// Cards, accounts and telephone numbers.
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "guard/checksums.h"
#include "guard/personal.h"

namespace gvm::guard {
namespace {

struct Issuer {
  int low;  // of the first four digits
  int high;
  std::size_t shortest;
  std::size_t longest;
};
// ISO/IEC 7812 ranges that are in use for payment cards.
constexpr Issuer kIssuers[] = {
    {4000, 4999, 16, 16},                                              // Visa
    {5100, 5599, 16, 16}, {2221, 2720, 16, 16},                        // Mastercard
    {3400, 3499, 15, 15}, {3700, 3799, 15, 15},                        // American Express
    {6011, 6011, 16, 19}, {6440, 6599, 16, 19},                        // Discover
    {3528, 3589, 16, 19},                                              // JCB
    {3000, 3059, 14, 14}, {3600, 3699, 14, 14}, {3800, 3999, 14, 14},  // Diners Club
    {6200, 6299, 16, 19},                                              // UnionPay
    {5000, 5099, 16, 19}, {5600, 5899, 16, 19}, {6300, 6399, 16, 19},  // Maestro
    {2200, 2204, 16, 16}};                                             // Mir

bool is_card(std::string_view digits) {
  constexpr std::size_t kPrefix = 4;
  constexpr std::string_view kRound = "00000000";  // amounts in the smallest unit of a coin
  if (digits.size() < 14 || digits.size() > 19 || digits.ends_with(kRound)) return false;
  int prefix = 0;
  std::from_chars(digits.data(), digits.data() + kPrefix, prefix);
  const bool issued = std::ranges::any_of(kIssuers, [&](const Issuer& issuer) {
    return prefix >= issuer.low && prefix <= issuer.high && digits.size() >= issuer.shortest &&
           digits.size() <= issuer.longest;
  });
  return issued && passes_luhn(digits);
}

// Whether a number goes on before or behind: a decimal fraction, a longer number in groups, or
// an amount.
bool stands_alone(std::string_view text, Span span) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (span.begin > 0) {
    const char before = text[span.begin - 1];
    if (before == '_' || before == '#') return false;
    const bool joins = before == '.' || before == ',' || before == '-' || before == '/';
    if (joins && span.begin > 1 && is_digit(text[span.begin - 2])) return false;
  }
  if (span.end + 1 < text.size()) {
    const char behind = text[span.end];
    if (behind == '_') return false;
    const bool joins = behind == '.' || behind == ',' || behind == '-' || behind == '/';
    if (joins && is_digit(text[span.end + 1])) return false;
  }
  return true;
}

struct Country {
  std::string_view code;
  std::size_t length;
};
// ISO 13616: the registry's lengths.
constexpr Country kCountries[] = {
    {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16}, {"BG", 22},
    {"BH", 22}, {"BI", 27}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28}, {"CZ", 24},
    {"DE", 22}, {"DJ", 27}, {"DK", 18}, {"DO", 28}, {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18},
    {"FK", 18}, {"FO", 18}, {"FR", 27}, {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18}, {"GR", 27},
    {"GT", 28}, {"HR", 21}, {"HU", 28}, {"IE", 22}, {"IL", 23}, {"IQ", 23}, {"IS", 26}, {"IT", 27},
    {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32}, {"LI", 21}, {"LT", 20}, {"LU", 20},
    {"LV", 21}, {"LY", 25}, {"MC", 27}, {"MD", 24}, {"ME", 22}, {"MK", 19}, {"MN", 20}, {"MR", 27},
    {"MT", 31}, {"MU", 30}, {"NI", 28}, {"NL", 18}, {"NO", 15}, {"OM", 23}, {"PK", 24}, {"PL", 28},
    {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22}, {"RU", 33}, {"SA", 24}, {"SC", 31},
    {"SD", 18}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"SO", 23}, {"ST", 25}, {"SV", 28},
    {"TL", 23}, {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20}, {"YE", 30}};

constexpr char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::size_t iban_length(std::string_view start) {
  constexpr std::size_t kStart = 4;
  if (start.size() < kStart || start[2] < '0' || start[2] > '9' || start[3] < '0' || start[3] > '9')
    return 0;
  const std::array<char, 2> code = {upper(start[0]), upper(start[1])};
  const auto* const at =
      std::ranges::find(kCountries, std::string_view(code.data(), 2), &Country::code);
  return at == std::end(kCountries) ? 0 : at->length;
}

// Tokens from `first` on, over single blanks or hyphens, that make `length` characters.
Span iban_at(const Reading& reading, std::size_t first, std::size_t length) {
  const auto text = reading.clean.text();
  std::string iban;
  for (auto i = first; i < reading.tokens().size(); ++i) {
    const auto& token = reading.tokens()[i];
    if (i > first) {
      const auto before = reading.tokens()[i - 1].end;
      if (token.begin != before + 1 || (text[before] != ' ' && text[before] != '-')) return {};
    }
    const auto part = text_of(text, token);
    if (iban.size() + part.size() > length) return {};
    for (const char c : part) {
      if (static_cast<unsigned char>(c) >= 0x80) return {};
      iban += upper(c);
    }
    if (iban.size() == length)
      return passes_mod97(iban) ? Span{reading.tokens()[first].begin, token.end} : Span{};
  }
  return {};
}

constexpr std::size_t kLeastPhone = 8;  // digits with the country's code
constexpr std::size_t kMostPhone = 15;  // ITU-T E.164

Span grown(Span span, std::string_view text, std::string_view before) {
  while (span.begin > 0 && before.find(text[span.begin - 1]) != std::string_view::npos)
    --span.begin;
  return span;
}

// Tokens of digits over one or two separators.
std::pair<std::string, std::size_t> phone_digits(const Reading& reading, std::size_t first) {
  const auto text = reading.clean.text();
  std::string digits(text_of(text, reading.tokens()[first]));
  auto last = first;
  for (auto i = first + 1; i < reading.tokens().size() && reading.tokens()[i].digits; ++i) {
    const auto gap = text.substr(reading.tokens()[i - 1].end,
                                 reading.tokens()[i].begin - reading.tokens()[i - 1].end);
    const bool joins = gap.size() <= 2 && gap.find_first_not_of(" .-()/") == std::string_view::npos;
    if (!joins || digits.size() + reading.tokens()[i].size() > kMostPhone) break;
    digits += text_of(text, reading.tokens()[i]);
    last = i;
  }
  return {digits, last};
}

bool is_north_american(const Reading& reading, std::size_t first) {
  if (first + 2 >= reading.tokens().size()) return false;
  const auto text = reading.clean.text();
  const auto part = [&](std::size_t i) { return text_of(text, reading.tokens()[first + i]); };
  const auto sized = [&](std::size_t i, std::size_t size) {
    return reading.tokens()[first + i].digits && part(i).size() == size;
  };
  if (!sized(0, 3) || !sized(1, 3) || !sized(2, 4)) return false;
  const auto gap = [&](std::size_t i) {
    const auto from = reading.tokens()[first + i].end;
    return text.substr(from, reading.tokens()[first + i + 1].begin - from);
  };
  const auto begin = reading.tokens()[first].begin;
  const bool bracketed = begin > 0 && text[begin - 1] == '(' && (gap(0) == ") " || gap(0) == ")") &&
                         (gap(1) == "-" || gap(1) == " " || gap(1) == ".");
  const bool dashed = gap(0) == "-" && gap(1) == "-";
  const Span span{begin, reading.tokens()[first + 2].end};
  return (bracketed || (dashed && stands_alone(text, span))) && part(0)[0] >= '2' &&
         part(1)[0] >= '2';
}

const std::vector<std::string_view>& phone_words() {
  static const std::vector<std::string_view> kWords = {"phone",
                                                       "phones",
                                                       "telephone",
                                                       "tel",
                                                       "telefon",
                                                       "telefono",
                                                       "tel\u00e9fono",
                                                       "telefone",
                                                       "t\u00e9l\u00e9phone",
                                                       "mobile",
                                                       "cell",
                                                       "cellphone",
                                                       "whatsapp",
                                                       "fax",
                                                       "handy",
                                                       "\u0442\u0435\u043b",
                                                       "\u7535\u8bdd",
                                                       "\u96fb\u8a71",
                                                       "\uc804\ud654"};
  return kWords;
}

// The end of the telephone number that begins with tokens[first]; 0: none.
std::size_t phone_end(const Reading& reading, std::size_t first) {
  constexpr std::size_t kNear = 20;
  constexpr std::size_t kLeastNational = 7;
  const auto text = reading.clean.text();
  const auto begin = reading.tokens()[first].begin;
  const bool plus = begin > 0 && text[begin - 1] == '+' && text[begin] != '0' &&
                    (begin < 2 || text[begin - 2] < '0' || text[begin - 2] > '9');
  if (!plus && is_north_american(reading, first)) return reading.tokens()[first + 2].end;
  const auto [digits, last] = phone_digits(reading, first);
  const auto end = reading.tokens()[last].end;
  if (digits.size() < (plus ? kLeastPhone : kLeastNational) || digits.size() > kMostPhone) return 0;
  if (!plus && !has_context(text, begin, phone_words(), kNear)) return 0;
  // "tel 2024-05-01" is a date, and a longer number is none.
  return stands_alone(text, {begin, end}) && (plus || !digits.starts_with("20")) ? end : 0;
}

}  // namespace

bool find_cards(const Reading& reading, const Report& report) {
  constexpr std::size_t kMost = 19;
  const auto text = reading.clean.text();
  for (std::size_t i = 0; i < reading.tokens().size(); ++i) {
    if (!reading.tokens()[i].digits) continue;
    const auto joined = join_digits(text, reading.tokens(), i, " -", kMost);
    const Span span{reading.tokens()[i].begin, reading.tokens()[joined.last].end};
    if (!is_card(joined.digits) || !stands_alone(text, span)) continue;
    if (!report(span, "card", 0)) return false;
    i = joined.last;
  }
  return true;
}

bool find_ibans(const Reading& reading, const Report& report) {
  const auto text = reading.clean.text();
  for (std::size_t i = 0; i < reading.tokens().size(); ++i) {
    const auto& token = reading.tokens()[i];
    if (token.digits || token.letters) continue;
    const auto length = iban_length(text_of(text, token));
    if (length == 0) continue;
    const auto span = iban_at(reading, i, length);
    if (span.end > 0 && !report(span, "iban", 0)) return false;
  }
  return true;
}

bool find_phones(const Reading& reading, const Report& report) {
  const auto text = reading.clean.text();
  for (std::size_t i = 0; i < reading.tokens().size(); ++i) {
    if (!reading.tokens()[i].digits) continue;
    const auto end = phone_end(reading, i);
    if (end == 0) continue;
    if (!report(grown({reading.tokens()[i].begin, end}, text, "+("), "phone", 0)) return false;
    while (i + 1 < reading.tokens().size() && reading.tokens()[i + 1].begin < end) ++i;
  }
  return true;
}

}  // namespace gvm::guard
