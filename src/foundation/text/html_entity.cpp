#include "text/html_entity.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "text/json_scan.h"

namespace gvm::text {
namespace {

// The names of U+00A0 to U+00FF, in their order.
constexpr std::string_view kLatin1 =
    "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn "
    "sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave "
    "Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml "
    "ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN "
    "szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave "
    "iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute "
    "ucirc uuml yacute thorn yuml";

constexpr std::pair<std::string_view, char32_t> kOthers[] = {
    {"amp", '&'},        {"lt", '<'},        {"gt", '>'},        {"quot", '"'},
    {"apos", '\''},      {"Tab", '\t'},      {"NewLine", '\n'},  {"excl", '!'},
    {"num", '#'},        {"dollar", '$'},    {"percnt", '%'},    {"lpar", '('},
    {"rpar", ')'},       {"ast", '*'},       {"plus", '+'},      {"comma", ','},
    {"period", '.'},     {"sol", '/'},       {"colon", ':'},     {"semi", ';'},
    {"equals", '='},     {"quest", '?'},     {"commat", '@'},    {"lsqb", '['},
    {"lbrack", '['},     {"bsol", '\\'},     {"rsqb", ']'},      {"rbrack", ']'},
    {"Hat", '^'},        {"lowbar", '_'},    {"grave", '`'},     {"lcub", '{'},
    {"lbrace", '{'},     {"verbar", '|'},    {"vert", '|'},      {"rcub", '}'},
    {"rbrace", '}'},     {"AMP", '&'},       {"LT", '<'},        {"GT", '>'},
    {"QUOT", '"'},       {"ensp", 0x2002},   {"emsp", 0x2003},   {"thinsp", 0x2009},
    {"hairsp", 0x200A},  {"numsp", 0x2007},  {"puncsp", 0x2008}, {"ZeroWidthSpace", 0x200B},
    {"zwnj", 0x200C},    {"zwj", 0x200D},    {"lrm", 0x200E},    {"rlm", 0x200F},
    {"NoBreak", 0x2060}, {"ndash", 0x2013},  {"mdash", 0x2014},  {"lsquo", 0x2018},
    {"rsquo", 0x2019},   {"sbquo", 0x201A},  {"ldquo", 0x201C},  {"rdquo", 0x201D},
    {"bdquo", 0x201E},   {"dagger", 0x2020}, {"bull", 0x2022},   {"hellip", 0x2026},
    {"permil", 0x2030},  {"lsaquo", 0x2039}, {"rsaquo", 0x203A}, {"euro", 0x20AC},
    {"trade", 0x2122},   {"OElig", 0x152},   {"oelig", 0x153},   {"Scaron", 0x160},
    {"scaron", 0x161},   {"Yuml", 0x178},    {"fnof", 0x192},    {"circ", 0x2C6},
    {"tilde", 0x2DC}};

using Names = std::vector<std::pair<std::string_view, char32_t>>;

const Names& names() {
  static const Names kNames = [] {
    Names made(std::begin(kOthers), std::end(kOthers));
    std::string_view rest = kLatin1;
    for (char32_t c = 0xA0; !rest.empty(); ++c) {
      const auto end = std::min(rest.find(' '), rest.size());
      made.emplace_back(rest.substr(0, end), c);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    std::ranges::sort(made);
    return made;
  }();
  return kNames;
}

constexpr bool is_name_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

Entity named(std::string_view text) {
  std::size_t end = 1;
  while (end < text.size() && end < kLongestEntity && is_name_character(text[end])) ++end;
  if (end >= text.size() || text[end] != ';') return {};
  const auto name = text.substr(1, end - 1);
  const auto at = std::ranges::lower_bound(names(), name, {}, &Names::value_type::first);
  if (at == names().end() || at->first != name) return {};
  return {at->second, end + 1};
}

// 13.2.5.80: what documents mean that use windows-1252 numbers.
constexpr std::array<char16_t, 32> kWindows1252 = {
    0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
    0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};

constexpr char32_t meant_by(char32_t number) {
  constexpr char32_t kReplacement = 0xFFFD;
  if (number >= 0x80 && number < 0xA0) return kWindows1252[number - 0x80];
  const bool surrogate = number >= 0xD800 && number <= 0xDFFF;
  return number == 0 || number > 0x10FFFF || surrogate ? kReplacement : number;
}

Entity numbered(std::string_view text) {
  const bool hex = text.size() > 2 && (text[2] == 'x' || text[2] == 'X');
  const std::size_t first = hex ? 3 : 2;
  constexpr char32_t kTooLarge = 0x110000;
  char32_t number = 0;
  std::size_t end = first;
  for (; end < text.size(); ++end) {
    const int digit = hex_digit(text[end]);
    if (digit < 0 || (!hex && digit > 9)) break;
    number = std::min<char32_t>(number * (hex ? 16 : 10) + static_cast<char32_t>(digit), kTooLarge);
  }
  if (end == first || end >= kLongestEntity) return {};
  const bool closed = end < text.size() && text[end] == ';';
  return {meant_by(number), end + (closed ? 1 : 0)};
}

}  // namespace

Entity entity_at(std::string_view text) {
  const auto seen = text.substr(0, kLongestEntity);
  if (seen.size() < 2) return {};
  return seen[1] == '#' ? numbered(seen) : named(seen);
}

}  // namespace gvm::text
