#pragma once
// Bounds a text that may repeat a secret.
#include <cstddef>
#include <string_view>

namespace gvm::provider {

// At most `most` bytes of the text's beginning. It ends in front of a word that does not fit whole,
// because half a secret would pass the redaction; a word here is what keys, tokens and addresses
// consist of. May end within a UTF-8 sequence.
std::string_view whole_words(std::string_view text, std::size_t most);

}  // namespace gvm::provider
