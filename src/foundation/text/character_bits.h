#pragma once
// Properties of code points that the text filters and the guards act on, by ICU's Unicode data.
#include <cstdint>

namespace gvm::text {

enum CharacterBit : std::uint16_t {
  // Cc but tab, line feed and carriage return; interlinear annotations (U+FFF9..FFFB);
  // noncharacters.
  kControl = 1,
  // Bidi_Control (UAX #9), and the deprecated format controls U+206A..206F.
  kBidi = 2,
  kTag = 4,  // U+E0000..E007F
  // Variation_Selector: U+FE00..FE0F, U+E0100..E01EF, Mongolian ones.
  kVariation = 8,
  // No column at all, and no use in the spelling of any language: zero-width space, word joiner,
  // byte order mark, soft hyphen, invisible operators, Mongolian vowel separator.
  kNoSpace = 16,
  // White_Space that is no line break and not U+0020 or tab, and blank letters: Hangul fillers,
  // the empty Braille pattern.
  kSpaceLike = 32,
  kLineLike = 64,     // U+0085, U+2028, U+2029
  kMark = 128,        // general category Mn or Me
  kPictograph = 256,  // Extended_Pictographic
  kMongolian = 512,   // letters of the script Mongolian
  kIgnorable = 1024,  // Default_Ignorable_Code_Point
  kLetter = 2048,     // Alphabetic, or an ideograph
};

// `c` is a Unicode scalar value.
std::uint16_t character_bits(char32_t c);

}  // namespace gvm::text
