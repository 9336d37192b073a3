#pragma once
// UTF-8 of RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF.
#include <cstdint>
#include <string>
#include <string_view>

namespace genvm {

namespace detail {

// The bytes of the sequence that starts with `first`; 0 when none does.
inline std::size_t sequence_length(unsigned first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  return first >= 0xF0 && first < 0xF5 ? 4 : 0;
}

// The least and the greatest second byte after `first`.
inline bool second_fits(unsigned first, unsigned second) {
  if (first == 0xE0) return second >= 0xA0 && second < 0xC0;
  if (first == 0xED) return second >= 0x80 && second < 0xA0;
  if (first == 0xF0) return second >= 0x90 && second < 0xC0;
  if (first == 0xF4) return second >= 0x80 && second < 0x90;
  return second >= 0x80 && second < 0xC0;
}

}  // namespace detail

inline bool is_utf8(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = detail::sequence_length(byte(at));
    if (length == 0 || length > text.size() - at) return false;
    if (length > 1 && !detail::second_fits(byte(at), byte(at + 1))) return false;
    for (std::size_t i = 2; i < length; ++i)
      if ((byte(at + i) & 0xC0) != 0x80) return false;
    at += length;
  }
  return true;
}

// `code` is a scalar value: at most 0x10FFFF, no surrogate.
inline void append_utf8(std::string& out, std::uint32_t code) {
  const auto add = [&out](std::uint32_t bits) { out += static_cast<char>(bits); };
  if (code < 0x80) return add(code);
  if (code < 0x800) {
    add(0xC0 | code >> 6);
    return add(0x80 | (code & 0x3F));
  }
  if (code < 0x10000) {
    add(0xE0 | code >> 12);
  } else {
    add(0xF0 | code >> 18);
    add(0x80 | (code >> 12 & 0x3F));
  }
  add(0x80 | (code >> 6 & 0x3F));
  add(0x80 | (code & 0x3F));
}

}  // namespace genvm
