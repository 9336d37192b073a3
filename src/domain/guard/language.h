#pragma once
// The script of letters, and a guess of a text's language.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "guard/detector.h"

namespace gvm::guard {

enum class Script : std::uint8_t {
  latin,
  cyrillic,
  greek,
  arabic,
  hebrew,
  devanagari,
  thai,
  han,
  kana,
  hangul,
  other
};
inline constexpr std::size_t kScripts = static_cast<std::size_t>(Script::other) + 1;

// By their codes of ISO 15924: "Latn", "Cyrl", "Grek", "Arab", "Hebr", "Deva", "Thai", "Hani",
// "Kana" (Hiragana too), "Hang", "Zyyy" for all others.
std::optional<Script> script_named(std::string_view code);

// Letters of each script in a text.
std::array<std::size_t, kScripts> letters_by_script(std::string_view text);

// ISO 639-1: de en es fr it nl pl pt tr by common words, ru el ar he hi th zh ja ko by script.
bool is_known_language(std::string_view code);
// Empty when it is not clear: a short text, a mixture.
std::string_view language_of(const Reading& reading);

}  // namespace gvm::guard
