#include "text/character_bits.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <array>

#include "text/code_point_table.h"

namespace gvm::text {
namespace {

constexpr bool in(char32_t c, char32_t first, char32_t last) {
  return c >= first && c <= last;
}

bool is_control(char32_t c) {
  if (c == '\t' || c == '\n' || c == '\r' || c == 0x85) return false;
  if (c < 0x20 || in(c, 0x7F, 0x9F) || in(c, 0xFFF9, 0xFFFB)) return true;
  return in(c, 0xFDD0, 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
}

bool is_bidi(char32_t c) {
  return c == 0x61C || in(c, 0x200E, 0x200F) || in(c, 0x202A, 0x202E) || in(c, 0x2066, 0x206F);
}

bool is_no_space(char32_t c) {
  return c == 0xAD || c == 0x180E || c == 0x200B || in(c, 0x2060, 0x2064) || c == 0xFEFF;
}

bool is_space_like(char32_t c) {
  if (c == 0x115F || c == 0x1160 || c == 0x3164 || c == 0xFFA0 || c == 0x2800) return true;
  if (c < 0x80) return false;
  return u_charType(static_cast<UChar32>(c)) == U_SPACE_SEPARATOR;
}

bool has(char32_t c, UProperty property) {
  return u_hasBinaryProperty(static_cast<UChar32>(c), property) != 0;
}

bool is_mongolian(char32_t c) {
  UErrorCode status = U_ZERO_ERROR;
  return uscript_getScript(static_cast<UChar32>(c), &status) == USCRIPT_MONGOLIAN &&
         has(c, UCHAR_ALPHABETIC);
}

std::uint16_t compute(char32_t c) {
  const auto type = u_charType(static_cast<UChar32>(c));
  unsigned bits = 0;
  const auto set = [&bits](unsigned bit, bool when) { bits |= when ? bit : 0; };
  set(kControl, is_control(c));
  set(kBidi, is_bidi(c));
  set(kTag, in(c, 0xE0000, 0xE007F));
  set(kVariation, has(c, UCHAR_VARIATION_SELECTOR));
  set(kNoSpace, is_no_space(c));
  set(kSpaceLike, is_space_like(c));
  set(kLineLike, c == 0x85 || c == 0x2028 || c == 0x2029);
  set(kMark, type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK);
  set(kPictograph, has(c, UCHAR_EXTENDED_PICTOGRAPHIC));
  set(kMongolian, is_mongolian(c));
  set(kIgnorable, has(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT));
  set(kLetter, has(c, UCHAR_ALPHABETIC) || has(c, UCHAR_IDEOGRAPHIC));
  return static_cast<std::uint16_t>(bits);
}

struct Page {
  explicit Page(char32_t first) {
    for (std::size_t i = 0; i < bits.size(); ++i)
      bits[i] = compute(first + static_cast<char32_t>(i));
  }
  std::array<std::uint16_t, 256> bits{};
};

}  // namespace

std::uint16_t character_bits(char32_t c) {
  static const CodePointTable<Page>* const kTable = new CodePointTable<Page>;
  return kTable->page(c).bits[c & 0xFF];
}

}  // namespace gvm::text
