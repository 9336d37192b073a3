#pragma once
// Two readings of a text for whoever searches it, made code point by code point: so a place in them
// can be traced back to the text.
#include <string>
#include <string_view>

namespace gvm::text {

// Without what is not seen (Default_Ignorable), compatibility characters as plain ones (NFKC of the
// single code point), case as it is. `c` is a Unicode scalar value; ASCII is itself.
std::string_view clean_form(char32_t c);

// For comparisons: folded (NFKC_Casefold of the single code point), marks of U+0300..036F dropped,
// and each non-ASCII character in the form of the characters that it looks like: a Cyrillic "а" is
// an "a". A pattern is compared in its own search form. ASCII letters in lower case.
std::string_view search_form(char32_t c);
// Of a whole text; what is not UTF-8 counts as U+FFFD.
std::string search_form_of(std::string_view text);

}  // namespace gvm::text
