#include "judge/drawn_word.h"

#include <algorithm>

namespace gvm::judge {
namespace {

// Without vowels, so that no words of a language come out, and without what looks alike.
constexpr std::string_view kLetters = "bcdfghjkmnpqrstvwxz2345678";
constexpr int kTries = 4;  // before the word becomes longer

std::string draw(std::string_view prefix, std::size_t letters, const Random& random) {
  std::string word(prefix);
  for (std::size_t i = 0; i < letters; ++i) word += kLetters[random() % kLetters.size()];
  return word;
}

}  // namespace

std::string draw_word(std::string_view prefix, std::size_t letters,
                      std::span<const std::string_view> texts, const Random& random) {
  for (std::size_t size = letters;; ++size) {
    for (int i = 0; i < kTries; ++i) {
      std::string word = draw(prefix, size, random);
      const auto holds = [&word](std::string_view text) { return text.contains(word); };
      if (std::ranges::none_of(texts, holds)) return word;
    }
  }
}

}  // namespace gvm::judge
