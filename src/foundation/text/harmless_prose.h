#pragma once
// Whether the prose beside the JSON of an answer is of a kind that is known to be harmless. No list
// of harmful words is complete, so what is not known is refused, and asked for once more.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/value.h"

namespace gvm::text {

enum class Side { before, after };  // of the JSON

// The words of the names and of the short values of an object, in search form and shortened to
// their stems: a sentence that has one of them may state a value.
class Subject {
 public:
  explicit Subject(const Value& object);  // bounded: of a large one every word counts as a name
  // `word`: as it stands in the prose.
  bool names(std::string_view word, Side side) const;

 private:
  void add(const Value& value, int depth);

  std::unordered_set<std::string> keys_;
  std::unordered_set<std::string> values_;
  std::size_t words_ = 0;
  bool names_all_ = false;  // of too many words to know them all
};

// What in `prose`, valid UTF-8, is not known to be harmless; empty when all of it is:
//  - sentences of known words only (prose_words.h): an introduction, a courtesy, a note on the
//  form.
//    In front of the object, a colon or an unfinished line must have a word for an answer;
//  - English sentences about something else: no denial, no attribution, no condition, no word for
//    the object, none of its names, no number. In front, one of the first kind must come between
//    them and the object; behind, they say what was done ("I compared ...") or begin with a reason;
//  - tags with known names, tokens of chat templates, links, code in a fence of a language, unless
//  it
//    assigns to a name of the object.
// More than 64 KiB is not judged.
// Anything else refuses: an unknown mark (an arrow, a cross, a column of a table), a mark that
// makes the object's line a comment, a quotation or an item. Linear in the text.
std::optional<std::string> harm_in(std::string_view prose, Side side, const Subject& subject);

}  // namespace gvm::text
