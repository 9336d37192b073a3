#pragma once
// Answers of language models to JSON. Never a false repair: where two readings are possible, or
// content would have to be invented, the answer is refused and the error says where and why.
//
// Mended: a byte order mark, "<think>" prefixes, prose and fences around, an object written as a
// JSON string, comments, single and curly quotes, unquoted keys, missing and trailing commas, raw
// control characters, Python's and upper-case literals, "+1", ".5", "1.", escapes unknown to JSON
// (kept as they stand), quotes within a string when they come in pairs and nothing else can be
// meant, and text cut off at its end: what is open is closed, there; a cut escape, half a surrogate
// pair, a key without value and a number that may go on are dropped; a word with one possible
// meaning
// ("tru") is completed.
//
// Refused: several different objects (a draft and a final answer cannot be told apart), mismatched
// brackets, values without quotes, NaN and infinities, elisions ("..."), a cut object with nothing
// left, halves of surrogate pairs elsewhere.
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
