#include "provider/whole_words.h"

#include <cctype>

namespace gvm::provider {

std::string_view whole_words(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  const auto in_a_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-_.+/=~:%").contains(c);
  };
  std::size_t end = most;
  while (end > 0 && in_a_word(text[end - 1]) && in_a_word(text[end])) --end;
  return text.substr(0, end);
}

}  // namespace gvm::provider
