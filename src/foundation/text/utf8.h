#pragma once
// Validates UTF-8 at the full speed of the machine (simdjson selects its kernel at run time), and
// decodes single code points.
#include <cstddef>
#include <string_view>

namespace gvm::text {

inline constexpr std::size_t kAllValid = static_cast<std::size_t>(-1);

// The offset of the first byte that is no part of a well-formed sequence (RFC 3629); kAllValid when
// there is none.
std::size_t find_invalid_utf8(std::string_view text);

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;  // 0: no well-formed sequence starts here
};

// The code point at the start of `text`.
constexpr CodePoint first_code_point(std::string_view text) {
  if (text.empty()) return {};
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xC2 || lead > 0xF4) return {};
  const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (text.size() < size) return {};
  char32_t c = lead & (0x7Fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return {};
    c = c << 6 | (next & 0x3F);
  }
  const bool overlong = (size == 3 && c < 0x800) || (size == 4 && c < 0x10000);
  const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
  return overlong || surrogate || c > 0x10FFFF ? CodePoint{} : CodePoint{c, size};
}

}  // namespace gvm::text
