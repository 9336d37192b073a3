#pragma once
// Datamarking: a marker before every word of a text of others shows a model which words are data
// (Hines et al. 2024, "spotlighting"). Pure; linear in the text.
#include <string>
#include <string_view>

namespace gvm::judge {

// `marker` and a space are put before the first character, behind every run of white space, and
// inside of what has no white space: behind every 4 characters of scripts that are written without
// spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese, Tibetan) and every 24 others. No character
// changes. What a reader takes for one character (a grapheme cluster of up to 32 code points) is
// not parted. Invalid UTF-8 counts a byte as a character. An empty text stays empty.
//
// Marks of chat templates ("<|im_end|>", "[/INST]") are parted behind their first character: a
// server that reads them in the texts of prompts would take one for the end of a turn.
//
// The result has at most (1 + s/2) times the bytes of the text, and s, where s is the size of the
// marker and 1: three times for a marker of 3 bytes, when every other byte is a space; about 1.7
// times for English prose.
std::string datamark(std::string_view text, std::string_view marker);

// What datamark() made it from, when the marker is no part of that text.
std::string without_marks(std::string_view marked, std::string_view marker);

}  // namespace gvm::judge
