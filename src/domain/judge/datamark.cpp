#include "judge/datamark.h"

#include <algorithm>

#include "text/character_bits.h"
#include "text/grapheme.h"
#include "text/utf8.h"

namespace gvm::judge {
namespace {

constexpr int kUnspacedRun = 4;
constexpr int kRun = 24;
constexpr int kLongestCluster = 32;  // UAX #15 has 30 for marks in a row

// How marks of chat templates begin, or all of them where that is too usual a beginning.
constexpr std::string_view kTokens[] = {"<|",
                                        "<\uFF5C",
                                        "<s>",
                                        "</s>",
                                        "<bos>",
                                        "<eos>",
                                        "<unk>",
                                        "<pad>",
                                        "<<SYS>>",
                                        "<</SYS>>",
                                        "<think>",
                                        "</think>",
                                        "<tool_call>",
                                        "</tool_call>",
                                        "<start_of_turn>",
                                        "<end_of_turn>",
                                        "[INST]",
                                        "[/INST]",
                                        "[SYSTEM_PROMPT]",
                                        "[/SYSTEM_PROMPT]",
                                        "[AVAILABLE_TOOLS]",
                                        "[TOOL_"};

bool begins_token(std::string_view rest) {
  if (rest.front() != '<' && rest.front() != '[') return false;
  return std::ranges::any_of(kTokens,
                             [rest](std::string_view token) { return rest.starts_with(token); });
}

struct Range {
  char32_t first;
  char32_t last;
};
// Scripts written without spaces between words.
constexpr Range kUnspaced[] = {
    {0x0E00, 0x0FFF},    // Thai, Lao, Tibetan
    {0x1000, 0x109F},    // Burmese
    {0x1780, 0x17FF},    // Khmer
    {0x2E80, 0x2FFF},    // radicals
    {0x3001, 0x31FF},    // punctuation, Kana, Bopomofo; not the Hangul letters within
    {0x3400, 0x9FFF},    // ideographs
    {0xF900, 0xFAFF},    // compatibility ideographs
    {0xFF01, 0xFF9F},    // full-width forms
    {0x20000, 0x3FFFF},  // more ideographs
};

bool is_unspaced(char32_t c) {
  return std::ranges::any_of(kUnspaced,
                             [c](const Range& r) { return c >= r.first && c <= r.last; });
}

bool is_space(char32_t c, std::uint16_t bits) {
  return c == ' ' || (c >= '\t' && c <= '\r') || (bits & (text::kSpaceLike | text::kLineLike)) != 0;
}

// Belongs to the character before it.
bool combines(std::uint16_t bits) {
  return (bits & (text::kMark | text::kVariation | text::kIgnorable)) != 0;
}

std::uint16_t bits_of(const text::CodePoint& c) {
  constexpr char32_t kAscii = 0x80;
  return c.bytes == 0 || c.value < kAscii ? 0 : text::character_bits(c.value);
}

// Where marks belong, from one character to the next.
class Places {
 public:
  // `rest` begins with `c`.
  bool before(const text::CodePoint& c, std::string_view rest) {
    const auto bits = bits_of(c);
    const bool joins = is_joined(c, bits);
    if (is_space(c.value, bits) && c.bytes > 0) {
      due_ = true;
      return false;
    }
    if (joins && !due_) return false;
    const bool unspaced = is_unspaced(c.value);
    const bool marked = due_ || run_ >= (unspaced ? kUnspacedRun : kRun);
    if (marked) run_ = 0;
    due_ = begins_token(rest);
    ++run_;
    return marked;
  }

 private:
  // Whether it is a part of the character before it.
  bool is_joined(const text::CodePoint& c, std::uint16_t bits) {
    constexpr char32_t kReplacement = 0xFFFD;
    const bool begins = borders_.before(c.bytes == 0 ? kReplacement : c.value);
    const bool joins = (!begins || combines(bits)) && joined_ < kLongestCluster;
    joined_ = joins ? joined_ + 1 : 0;
    return joins;
  }

  text::GraphemeBorders borders_;
  bool due_ = true;
  int run_ = 0;     // characters since the last mark
  int joined_ = 0;  // code points in a row that belong to one character
};

}  // namespace

std::string datamark(std::string_view text, std::string_view marker) {
  std::string marked;
  marked.reserve(text.size() + text.size() / 2);
  Places places;
  while (!text.empty()) {
    const auto c = text::first_code_point(text);
    if (places.before(c, text)) marked.append(marker).append(1, ' ');
    const auto size = std::max<std::size_t>(c.bytes, 1);
    marked.append(text.substr(0, size));
    text.remove_prefix(size);
  }
  return marked;
}

std::string without_marks(std::string_view marked, std::string_view marker) {
  const std::string mark = std::string(marker) + " ";
  std::string text;
  for (;;) {
    const auto at = marked.find(mark);
    text.append(marked.substr(0, at));
    if (at == std::string_view::npos) return text;
    marked.remove_prefix(at + mark.size());
  }
}

}  // namespace gvm::judge
