#pragma once
// Words by which prose beside JSON states a verdict of its own, in the languages that models answer
// in. A list can only be a part of this: what matters for a verdict itself is that its whole text
// must be one object (verdict.h).
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gvm::text {

enum class WordMeaning : std::uint8_t {
  none,
  value,    // "yes", "wahr": a statement where it is the whole of one, as in "Urteil: wahr."
  judging,  // "falsch", "schrieb": judges or attributes wherever it stands
};

// `word`: letters and marks only, of one word, or of a passage in a script without spaces. Case and
// accents do not matter. English words are not in the list: answer_prose.cpp has them.
WordMeaning foreign_meaning(std::string_view word);

// Words by which a text takes back what stands in front of it: "Entschuldigung", "Korrektur".
bool means_revising(std::string_view word);

// The end of the word that begins at `offset`: letters, marks and digits of any script, and "_".
// `offset` itself when none begins there. `text` is valid UTF-8.
std::size_t end_of_word(std::string_view text, std::size_t offset);

}  // namespace gvm::text
