#pragma once
// The words that may stand beside the JSON of an answer. What is not among them is not known to be
// harmless (harmless_prose.h).
#include <cstdint>
#include <string_view>

namespace gvm::text {

// What is known of a word; several may hold.
struct WordTraits {
  bool known = false;    // harmless wherever it stands: of introductions, courtesies, notes on form
  bool points = false;   // "here", "below"
  bool answer = false;   // "answer", "result", or the form of one: "JSON", "object"
  bool source = false;   // "page", "text": harmless where it was worked with
  bool own = false;      // "I", "we"
  bool based = false;    // "based", "reading": somebody worked with a source
  bool work = false;     // "read", "compared": what a model says that it did
  bool english = false;  // a word that few other languages have
  bool form = false;     // "format", "instructions": how an answer was asked for
  bool offers = false;   // "help", "else": of a question that offers help
  bool states = false;   // "is", "has"
  bool vague = false;    // "first", "any": one answer of several
  bool refers = false;   // "this", "above": may be about the object
  bool contrary = false;  // denies, takes back, attributes or supposes

  WordTraits& operator|=(const WordTraits& other);
};

// `word`: letters, marks and digits, without "_". Of a passage in a script without spaces, which
// must consist of known pieces. Case and accents do not matter.
WordTraits traits_of(std::string_view word);

}  // namespace gvm::text
