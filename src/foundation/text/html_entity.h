#pragma once
// Character references of HTML (13.2.5.72 of the standard), in a text that is no HTML.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gvm::text {

// A longer reference stays as it is.
inline constexpr std::size_t kLongestEntity = 64;

struct Entity {
  char32_t value = 0;
  std::size_t bytes = 0;  // of the reference; 0: none stands here
};

// The reference at the start of `text`, which begins with '&'. Decimal and hexadecimal ones, with
// or without ';', as browsers read them (U+FFFD for what is no scalar value, windows-1252 for 0x80
// to 0x9F); names with ';' only: those of HTML 3.2 and of punctuation, spaces and invisible
// characters.
Entity entity_at(std::string_view text);

}  // namespace gvm::text
