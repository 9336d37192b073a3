#include "guard/views.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/utf8.h"
#include "text/character_bits.h"
#include "text/search_form.h"
#include "text/utf8.h"

namespace gvm::guard {
namespace {

using Form = std::string_view (*)(char32_t);

constexpr bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// A text and its origins, growing.
struct Draft {
  std::string text;
  std::vector<std::uint32_t> origins;

  void reserve(std::size_t bytes) {
    text.reserve(bytes);
    origins.reserve(bytes + 1);
  }
  void append(std::string_view form, std::size_t origin) {
    text += form;
    origins.insert(origins.end(), form.size(), static_cast<std::uint32_t>(origin));
  }
  View finish(std::size_t size) && {
    origins.push_back(static_cast<std::uint32_t>(size));
    return {std::move(text), std::move(origins)};
  }
};

// Eight ASCII bytes at once: the top bit of a byte says whether it is meant.
constexpr std::uint64_t kEach = 0x0101010101010101;
constexpr std::uint64_t kTop = 0x80 * kEach;

// The top bits of bytes from `first` to `last`; all bytes are below 0x80.
constexpr std::uint64_t between(std::uint64_t bytes, unsigned first, unsigned last) {
  return ((bytes + (0x80 - first) * kEach) & ~(bytes + (0x7F - last) * kEach)) & kTop;
}

// ASCII in lower case with blanks for what is white; whether two blanks follow each other, for
// which the last bit of `blank_before` stands, is added to `runs`.
std::uint64_t fold_eight(std::uint64_t bytes, std::uint64_t& blank_before, std::uint64_t& runs) {
  const auto lines = between(bytes, '\t', '\r');
  const auto blank = lines | between(bytes, ' ', ' ');
  runs |= blank & (blank << 8 | blank_before << 7);
  blank_before = blank >> 63;
  const auto line_bytes = (lines >> 7) * 0xFF;
  const auto flat = (bytes & ~line_bytes) | (line_bytes & ' ' * kEach);
  return flat | between(bytes, 'A', 'Z') >> 2;
}

// ASCII in lower case with single blanks; false when a run of blanks makes bytes move.
bool fold_in_place(std::string_view text, std::string& out) {
  static_assert(std::endian::native == std::endian::little);
  out.resize(text.size());
  std::uint64_t blank_before = 0;
  std::uint64_t runs = 0;
  for (std::size_t i = 0; i < text.size(); i += 8) {
    const auto size = std::min<std::size_t>(8, text.size() - i);
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text.data() + i, size);
    bytes = fold_eight(bytes, blank_before, runs);
    std::memcpy(out.data() + i, &bytes, size);
  }
  return runs == 0;
}

bool is_white(char32_t c, std::string_view form) {
  if (c < 0x80) return is_blank(static_cast<char>(c));
  return form == " " || (text::character_bits(c) & (text::kSpaceLike | text::kLineLike)) != 0;
}

}  // namespace

Span View::origin(Span part) const {
  if (origins_.empty()) return part;
  const auto begin = origins_[part.begin];
  auto at = part.end;
  // A character that became several bytes belongs to the match as a whole.
  while (at + 1 < origins_.size() && origins_[at] == origins_[at - 1]) ++at;
  return {begin, origins_[at]};
}

View clean_view(std::string_view text) {
  if (utf8::ascii_prefix(text) == text.size()) return View(text);
  Draft draft;
  draft.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto c = text::first_code_point(text.substr(i));
    if (c.value < 0x80) {
      draft.append(text.substr(i, 1), i);
    } else {
      draft.append(text::clean_form(c.value), i);
    }
    i += c.bytes;
  }
  return std::move(draft).finish(text.size());
}

View search_view(std::string_view text) {
  if (utf8::ascii_prefix(text) == text.size()) {
    std::string folded;
    if (fold_in_place(text, folded)) return {std::move(folded), {}};
  }
  Draft draft;
  draft.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto c = text::first_code_point(text.substr(i));
    const auto form = text::search_form(c.value);
    const bool white = is_white(c.value, form);
    if (!white) {
      draft.append(form, i);
    } else if (!draft.text.ends_with(' ')) {
      draft.append(" ", i);
    }
    i += c.bytes;
  }
  return std::move(draft).finish(text.size());
}

std::string search_text(std::string_view pattern) {
  return std::string(search_view(pattern).text());
}

}  // namespace gvm::guard
