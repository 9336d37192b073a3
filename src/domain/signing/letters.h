#pragma once
// The letters of structured fields (RFC 9651, 3) and of field names (RFC 9110, 5.6.2).
#include <cstdint>
#include <string_view>

#include "base/ascii.h"

namespace gvm::signing {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_alpha(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}
constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
constexpr bool is_printable(char c) {
  return c >= 0x20 && c < 0x7F;
}
constexpr bool is_key_start(char c) {
  return is_lower(c) || c == '*';
}
constexpr bool is_key_char(char c) {
  return is_key_start(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
}
constexpr bool is_token_start(char c) {
  return is_alpha(c) || c == '*';
}
// tchar of RFC 9110
constexpr bool is_tchar(char c) {
  return is_alpha(c) || is_digit(c) ||
         (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}
constexpr bool is_token_char(char c) {
  return is_tchar(c) || c == ':' || c == '/';
}

inline constexpr std::int64_t kLargestInteger = 999'999'999'999'999;  // 15 digits

template <class F>
constexpr bool all_of(std::string_view text, F&& test) {
  for (const char c : text) {
    if (!test(c)) return false;
  }
  return true;
}

}  // namespace gvm::signing
