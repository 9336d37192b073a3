#pragma once
// The text filters scripts apply to prompts, in the order they name them.
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gvm::text {

enum class TextFilter {
  nfc,   // Unicode Normalization Form C (UAX #15)
  nfkc,  // Form KC: compatibility characters become plain ones, as full-width letters do
  // Every run of white space becomes one space, or as many line breaks as it has, two at most. None
  // is left at the start, no spaces at the end. A carriage return, a tab and any other Unicode
  // White_Space count as spaces.
  normalize_ws,
  // Drops what takes no column on a terminal: controls but the line feed,
  // Default_Ignorable_Code_Point (zero-width spaces and joiners, directional marks, soft hyphens,
  // tags), Grapheme_Extend (combining marks: normalise before, so that letters with a composed form
  // keep their accents), Hangul vowels and finals outside of syllables.
  rm_zero_width,
};

// By the names scripts use: "NFC", "NFKC", "NormalizeWS", "RmZeroWidth".
std::optional<TextFilter> text_filter_named(std::string_view name);

// Linear in the text, but for normalisation of long runs of combining marks, which sorts each run.
// Errors: SCRIPT_BAD_ARGUMENT for invalid UTF-8, TOO_LARGE over 2 GiB.
Result<std::string> filter_text(std::string_view text, std::span<const TextFilter> filters);

}  // namespace gvm::text
