#pragma once
// Answers of language models to JSON. There must be exactly one reading: where two are possible, or
// content would have to be invented, the answer is refused and the error says where and why.
//
// The reading goes outside in:
//  1. Valid JSON is taken as it is; reasoning is split off (reasoning.h).
//  2. Every "{" that may open an object is read, strictly when that works, by the tolerant grammar
//     (json_tolerant.h) otherwise. A "{" that cannot be read refuses the answer. Objects must be
//     equal to each other.
//  3. What stands around the object must be mere wrapping (answer_prose.h): no JSON, no piece of an
//     object, no value or verdict of its own, no other member (YAML), and nothing that is not known
//     to be harmless (harmless_prose.h). Text in front of the marks of reasoning is a second
//     reading.
//  4. Members of one name must have equal values.
//
// Tolerated within the object, one reading each: comments, single, curly and full-width quotes,
// keys without quotes, trailing commas, doubled commas between members, a missing comma where a key
// or a line follows, "=" and "=>" and full-width punctuation, raw control characters, Python's and
// upper-case literals, "+1", ".5", "1.", escapes of regular expressions (kept), pairs of quotes
// around words within a string, and closing brackets missing at the end of a stopped answer: what
// is open is closed there, a key without value or half a literal is dropped.
//
// Refused for a second reading, among others: mismatched brackets, a bracket that may have been
// lost further ahead, a string without end that may hold what stood behind it, values without
// quotes, a number at the very end, NaN and infinities, elisions ("...", also in a comment), keys
// whose quotes are of two kinds, doubled commas between elements, halves of surrogate pairs.
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/value.h"
#include "text/answer_end.h"

namespace gvm::text {

enum class Expect {
  object,
  any,  // an object, an array, or a scalar that is the whole answer
};

struct RepairOptions {
  Expect expect = Expect::object;
  AnswerEnd end = AnswerEnd::stopped;  // of a cut answer only what is complete is read
};

struct RepairedJson {
  std::string text;  // valid JSON; of a valid answer its very bytes, without the white space around
  Value value;       // what it says
  bool repaired = false;
  bool cut = false;  // the answer ended before its JSON did
};

// Time is linear in the answer. Errors: ANSWER_NOT_USABLE, fatal, with the byte offset where one
// makes sense.
Result<RepairedJson> repair_answer(std::string_view answer, const RepairOptions& options = {});
Result<std::string> repair_json(std::string_view answer, const RepairOptions& options = {});

}  // namespace gvm::text
