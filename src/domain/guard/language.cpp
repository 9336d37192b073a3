#include "guard/language.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/ascii.h"
#include "text/character_bits.h"
#include "text/utf8.h"

namespace gvm::guard {
namespace {

struct Range {
  char32_t first;
  char32_t last;
  Script script;
};
// Blocks of letters, in their order.
constexpr Range kRanges[] = {{0xAA, 0x24F, Script::latin},       {0x250, 0x2AF, Script::latin},
                             {0x370, 0x3FF, Script::greek},      {0x400, 0x52F, Script::cyrillic},
                             {0x591, 0x5F4, Script::hebrew},     {0x600, 0x6FF, Script::arabic},
                             {0x750, 0x77F, Script::arabic},     {0x8A0, 0x8FF, Script::arabic},
                             {0x900, 0x97F, Script::devanagari}, {0xE00, 0xE7F, Script::thai},
                             {0x1100, 0x11FF, Script::hangul},   {0x1C80, 0x1C8F, Script::cyrillic},
                             {0x1D00, 0x1DBF, Script::latin},    {0x1E00, 0x1EFF, Script::latin},
                             {0x1F00, 0x1FFF, Script::greek},    {0x2C60, 0x2C7F, Script::latin},
                             {0x2DE0, 0x2DFF, Script::cyrillic}, {0x3005, 0x3007, Script::han},
                             {0x3040, 0x30FF, Script::kana},     {0x3130, 0x318F, Script::hangul},
                             {0x31F0, 0x31FF, Script::kana},     {0x3400, 0x4DBF, Script::han},
                             {0x4E00, 0x9FFF, Script::han},      {0xA640, 0xA69F, Script::cyrillic},
                             {0xA720, 0xA7FF, Script::latin},    {0xA960, 0xA97F, Script::hangul},
                             {0xAB30, 0xAB6F, Script::latin},    {0xAC00, 0xD7FF, Script::hangul},
                             {0xF900, 0xFAFF, Script::han},      {0xFB00, 0xFB06, Script::latin},
                             {0xFB1D, 0xFB4F, Script::hebrew},   {0xFB50, 0xFDFF, Script::arabic},
                             {0xFE70, 0xFEFE, Script::arabic},   {0xFF21, 0xFF5A, Script::latin},
                             {0xFF66, 0xFF9F, Script::kana},     {0x20000, 0x323AF, Script::han}};

Script script_of(char32_t c) {
  const auto* const at = std::ranges::lower_bound(kRanges, c, {}, &Range::last);
  return at != std::end(kRanges) && c >= at->first ? at->script : Script::other;
}

struct Words {
  std::string_view language;
  std::string_view words;
};
// Words that are common in one of these languages and in no other of them.
constexpr Words kWords[] = {
    {"en",
     "the and of is that with for are was this have from which they would their there been were"},
    {"de",
     "und der die das nicht ist ein eine mit auf sich auch dem den wird sind oder werden nach"},
    {"fr",
     "le les des est dans pour une qui sur pas avec sont aux cette mais nous vous leur \u00eatre"},
    {"es",
     "el los las pero este est\u00e1 m\u00e1s fue muy hay tambi\u00e9n desde hasta sus ese cuando"},
    {"it", "il di che non per sono della nel gli anche pi\u00f9 essere questo alla delle dei"},
    {"pt",
     "n\u00e3o uma com os dos mais das ao s\u00e3o tamb\u00e9m pelo pela foi seu isso voc\u00ea"},
    {"nl", "het een van niet zijn voor dat aan ook naar wordt deze maar worden bij hebben"},
    {"pl",
     "nie si\u0119 jest na to \u017ce przez jak ale oraz kt\u00f3ry by\u0142 s\u0105 tego dla"},
    {"tr", "bir bu ve i\u00e7in ile olarak daha \u00e7ok olan gibi kadar sonra de\u011fil ama"}};

const std::unordered_map<std::string_view, std::size_t>& common_words() {
  static const auto kTable = [] {
    std::unordered_map<std::string_view, std::size_t> table;
    for (std::size_t i = 0; i < std::size(kWords); ++i) {
      std::string_view rest = kWords[i].words;
      while (!rest.empty()) {
        const auto end = std::min(rest.find(' '), rest.size());
        table.emplace(rest.substr(0, end), i);
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
    }
    return table;
  }();
  return kTable;
}

constexpr std::pair<Script, std::string_view> kOneLanguage[] = {
    {Script::cyrillic, "ru"}, {Script::greek, "el"},      {Script::arabic, "ar"},
    {Script::hebrew, "he"},   {Script::devanagari, "hi"}, {Script::thai, "th"},
    {Script::hangul, "ko"}};

constexpr std::size_t kLeastLetters = 20;
constexpr std::size_t kMostRead = 64 * 1024;  // bytes: a language shows early

std::string_view by_words(std::string_view text, const std::vector<Token>& tokens) {
  constexpr std::size_t kLeastWords = 3;
  std::array<std::size_t, std::size(kWords)> counts{};
  for (const auto& token : tokens) {
    if (token.begin > kMostRead) break;
    const auto at = common_words().find(lowered(text_of(text, token)));
    if (at != common_words().end()) ++counts[at->second];
  }
  const auto best = std::ranges::max_element(counts);
  const auto all = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
  if (*best < kLeastWords || *best * 3 < all * 2) return {};
  return kWords[static_cast<std::size_t>(best - counts.begin())].language;
}

constexpr std::pair<std::string_view, Script> kCodes[] = {
    {"Latn", Script::latin},  {"Cyrl", Script::cyrillic}, {"Grek", Script::greek},
    {"Arab", Script::arabic}, {"Hebr", Script::hebrew},   {"Deva", Script::devanagari},
    {"Thai", Script::thai},   {"Hani", Script::han},      {"Kana", Script::kana},
    {"Hang", Script::hangul}, {"Zyyy", Script::other}};

}  // namespace

std::optional<Script> script_named(std::string_view code) {
  for (const auto& [known, script] : kCodes)
    if (known == code) return script;
  return std::nullopt;
}

std::array<std::size_t, kScripts> letters_by_script(std::string_view text) {
  std::array<std::size_t, kScripts> letters{};
  while (!text.empty()) {
    const auto c = text::first_code_point(text);
    text.remove_prefix(c.bytes);
    if (c.value < 0x80) {
      const auto lower = c.value | 0x20;
      letters[0] += lower >= 'a' && lower <= 'z' ? 1 : 0;
    } else if ((text::character_bits(c.value) & text::kLetter) != 0) {
      ++letters[static_cast<std::size_t>(script_of(c.value))];
    }
  }
  return letters;
}

bool is_known_language(std::string_view code) {
  if (code == "zh" || code == "ja") return true;
  return std::ranges::find(kWords, code, &Words::language) != std::end(kWords) ||
         std::ranges::find(kOneLanguage, code, &std::pair<Script, std::string_view>::second) !=
             std::end(kOneLanguage);
}

std::string_view language_of(const Reading& reading) {
  const auto text = reading.clean.text();
  auto part = text.substr(0, kMostRead);
  while (!part.empty() && part.size() < text.size() && (text[part.size()] & 0xC0) == 0x80)
    part.remove_suffix(1);
  const auto letters = letters_by_script(part);
  const auto all = std::accumulate(letters.begin(), letters.end(), std::size_t{0});
  const auto of = [&letters](Script script) { return letters[static_cast<std::size_t>(script)]; };
  const auto most = [all](std::size_t count) { return count * 2 > all; };
  if (all < kLeastLetters) return {};
  if (most(of(Script::han) + of(Script::kana))) return of(Script::kana) * 10 > all ? "ja" : "zh";
  for (const auto& [script, language] : kOneLanguage)
    if (most(of(script))) return language;
  return most(of(Script::latin)) ? by_words(text, reading.tokens()) : std::string_view();
}

}  // namespace gvm::guard
