#include "guard/tokens.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace gvm::guard {
namespace {

enum Class : std::uint8_t {
  kOther = 0,
  kDigit = 1,
  kLetter = 2,
  kHigh = 4,          // U+0080 to U+2FFF: letters of words, as "\u00e9"
  kWide = 8,          // U+3000 and above: scripts that stand next to numbers without a space
  kContinuation = 16  // of a character's bytes all but the first
};

constexpr std::array<std::uint8_t, 256> kClasses = [] {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t c = '0'; c <= '9'; ++c) table[c] = kDigit;
  for (std::size_t c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = kLetter;
  for (std::size_t c = 0x80; c < 0xC0; ++c) table[c] = kContinuation;
  for (std::size_t c = 0xC0; c < 0xE3; ++c) table[c] = kHigh;
  for (std::size_t c = 0xE3; c < 0x100; ++c) table[c] = kWide;
  return table;
}();

constexpr bool splits(unsigned before, unsigned now) {
  if ((before == kWide) != (now == kWide)) return true;
  return (before == kDigit && now == kHigh) || (before == kHigh && now == kDigit);
}

// The token that begins at `begin`; an empty one when none does.
Token token_at(std::string_view text, std::size_t begin) {
  unsigned classes = 0;
  unsigned before = 0;
  auto end = begin;
  // Most tokens are ASCII, where nothing but another class ends them.
  for (; end < text.size(); ++end) {
    const unsigned kind = kClasses[static_cast<unsigned char>(text[end])];
    if ((kind & (kDigit | kLetter)) == 0) break;
    classes |= kind;
    before = kind;
  }
  for (; end < text.size(); ++end) {
    unsigned kind = kClasses[static_cast<unsigned char>(text[end])];
    if (kind == kContinuation) kind = before;
    if (kind == kOther || (end > begin && splits(before, kind))) break;
    classes |= kind;
    before = kind;
  }
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), classes == kDigit,
          classes == kLetter};
}

}  // namespace

std::vector<Token> tokens_of(std::string_view text) {
  constexpr std::size_t kUsualToken = 6;  // bytes with the blank behind it
  std::vector<Token> tokens;
  tokens.reserve(text.size() / kUsualToken + 1);
  for (std::size_t i = 0; i < text.size();) {
    const auto token = token_at(text, i);
    if (token.size() > 0) tokens.push_back(token);
    i = std::max<std::size_t>(token.end, i + 1);
  }
  return tokens;
}

namespace {

constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool has_word(std::string_view text, std::string_view word) {
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const auto end = at + word.size();
    const bool begins = at == 0 || !is_letter(text[at - 1]);
    if (begins && (end == text.size() || !is_letter(text[end]))) return true;
  }
  return false;
}

}  // namespace

bool has_context(std::string_view text, std::size_t at, const std::vector<std::string_view>& words,
                 std::size_t reach) {
  const auto from = at - std::min(at, reach);
  const auto before = lowered(text.substr(from, at - from));
  return std::ranges::any_of(words,
                             [&before](std::string_view word) { return has_word(before, word); });
}

Joined join_digits(std::string_view text, const std::vector<Token>& tokens, std::size_t first,
                   std::string_view separators, std::size_t most) {
  Joined joined{std::string(text_of(text, tokens[first])), first};
  for (auto i = first + 1; i < tokens.size() && tokens[i].digits; ++i) {
    const auto& before = tokens[i - 1];
    const bool one = tokens[i].begin == before.end + 1 &&
                     separators.find(text[before.end]) != std::string_view::npos;
    if (!one || joined.digits.size() + tokens[i].size() > most) break;
    joined.digits += text_of(text, tokens[i]);
    joined.last = i;
  }
  return joined;
}

}  // namespace gvm::guard
