#pragma once
// A text cut into runs of letters and digits, once for all detectors that look at numbers and
// words.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "guard/views.h"

namespace gvm::guard {

struct Token {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool digits = false;   // ASCII digits only
  bool letters = false;  // ASCII letters only; neither: mixed, or of other scripts

  std::size_t size() const { return end - begin; }
};

// Runs of letters and digits. A number ends where another script begins. Under 4 GiB.
std::vector<Token> tokens_of(std::string_view text);

inline std::string_view text_of(std::string_view text, const Token& token) {
  return text.substr(token.begin, token.size());
}

// One of `words`, in lower case, in the `reach` bytes before `at`, whatever its case.
bool has_context(std::string_view text, std::size_t at, const std::vector<std::string_view>& words,
                 std::size_t reach = 48);

// Digits of tokens joined over single separators, which are bytes of `separators`.
struct Joined {
  std::string digits;
  std::size_t last = 0;  // the last token
};
// From tokens[first] on, at most `most` digits, tokens as they are.
Joined join_digits(std::string_view text, const std::vector<Token>& tokens, std::size_t first,
                   std::string_view separators, std::size_t most);

}  // namespace gvm::guard
