#include "text/grapheme.h"

#include <unicode/uchar.h>

#include <array>

#include "text/character_bits.h"
#include "text/code_point_table.h"

namespace gvm::text {
namespace {

struct Page {
  explicit Page(char32_t first) {
    for (std::size_t i = 0; i < kind.size(); ++i) {
      kind[i] = static_cast<std::uint8_t>(
          u_getIntPropertyValue(static_cast<UChar32>(first + i), UCHAR_GRAPHEME_CLUSTER_BREAK));
    }
  }
  std::array<std::uint8_t, 256> kind{};
};

std::uint8_t break_kind(char32_t c) {
  static const CodePointTable<Page>* const kTable = new CodePointTable<Page>;
  return kTable->page(c).kind[c & 0xFF];
}

constexpr bool is_control(std::uint8_t kind) {
  return kind == U_GCB_CONTROL || kind == U_GCB_CR || kind == U_GCB_LF;
}

// GB6, GB7, GB8
constexpr bool joins_hangul(std::uint8_t before, std::uint8_t after) {
  if (before == U_GCB_L) {
    return after == U_GCB_L || after == U_GCB_V || after == U_GCB_LV || after == U_GCB_LVT;
  }
  if (before == U_GCB_LV || before == U_GCB_V) return after == U_GCB_V || after == U_GCB_T;
  return (before == U_GCB_LVT || before == U_GCB_T) && after == U_GCB_T;
}

// GB3 to GB9b, which need to know the two code points only.
constexpr bool joins(std::uint8_t before, std::uint8_t after) {
  if (before == U_GCB_CR) return after == U_GCB_LF;
  if (is_control(before) || is_control(after)) return false;
  if (after == U_GCB_EXTEND || after == U_GCB_ZWJ || after == U_GCB_SPACING_MARK) return true;
  return before == U_GCB_PREPEND || joins_hangul(before, after);
}

}  // namespace

bool GraphemeBorders::before(char32_t c) {
  const auto kind = break_kind(c);
  const bool pictograph = (character_bits(c) & kPictograph) != 0;
  const bool flag = kind == U_GCB_REGIONAL_INDICATOR;
  const bool joined = begun_ && (joins(last_, kind) || (emoji_ == Emoji::joined && pictograph) ||
                                 (flag && odd_flag_));
  if (pictograph) {
    emoji_ = Emoji::pictograph;
  } else if (emoji_ == Emoji::none || kind != U_GCB_EXTEND) {
    const bool joiner = kind == U_GCB_ZWJ && emoji_ == Emoji::pictograph;
    emoji_ = joiner ? Emoji::joined : Emoji::none;
  } else {
    emoji_ = emoji_ == Emoji::joined ? Emoji::none : emoji_;  // GB11: Extend* ZWJ
  }
  odd_flag_ = flag && !odd_flag_;
  last_ = kind;
  begun_ = true;
  return !joined;
}

}  // namespace gvm::text
