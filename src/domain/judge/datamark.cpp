#include "judge/datamark.h"

#include <algorithm>

#include "text/character_bits.h"
#include "text/utf8.h"

namespace gvm::judge {
namespace {

constexpr int kUnspacedRun = 4;
constexpr int kRun = 24;

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
  bool before(const text::CodePoint& c) {
    const auto bits = bits_of(c);
    if (is_space(c.value, bits) && c.bytes > 0) {
      due_ = true;
      return false;
    }
    if (combines(bits) && !due_) return false;
    const bool unspaced = is_unspaced(c.value);
    const bool marked = due_ || run_ >= (unspaced ? kUnspacedRun : kRun);
    if (marked) run_ = 0;
    due_ = false;
    ++run_;
    return marked;
  }

 private:
  bool due_ = true;
  int run_ = 0;  // characters since the last mark
};

}  // namespace

std::string datamark(std::string_view text, std::string_view marker) {
  std::string marked;
  marked.reserve(text.size() + text.size() / 2);
  Places places;
  while (!text.empty()) {
    const auto c = text::first_code_point(text);
    if (places.before(c)) marked.append(marker).append(1, ' ');
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
