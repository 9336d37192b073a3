#pragma once
// The reasoning that models write in front of their answers, between marks: "<think>...</think>",
// "<thinking>", "[THINK]...[/THINK]", a closing mark whose opening one stood in the prompt, and
// channels ("<|channel|>analysis<|message|>...<|channel|>final<|message|>").
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace gvm::text {

// How likely it is that the last closing mark is part of a quotation. What follows it would then
// not be the answer.
enum class MarkDoubt {
  none,
  // The mark has no opening mark, and the text before it does not end a sentence.
  some,
  // An object is open before the mark, or the text before it introduces a quotation: a colon, a
  // quote or a word such as "wrote". No reading of the JSON is certain.
  strong,
};

struct AnswerParts {
  // What follows the last mark that ends reasoning; the whole text when there is none. A view into
  // the text.
  std::string_view answer;
  // What stands in front of opening marks, outside all thoughts: a second reading of an answer that
  // must be one object, and a part of a text. Views into the text.
  std::vector<std::string_view> spoken;
  bool reasoned = false;    // the text holds reasoning
  bool unfinished = false;  // the reasoning does not end: `answer` is empty
  MarkDoubt doubt = MarkDoubt::none;
};

// Marks within a complete JSON object or array, within quotes or backticks, and within code fences
// are content. A closing mark without an opening one counts at the start or the end of a line.
// Linear in the text.
AnswerParts split_reasoning(std::string_view text);

// For text answers: what stands outside the reasoning; the text as it is when there is none. Parts
// are joined by a space, or by a line break where one stood. ANSWER_NOT_USABLE when the reasoning
// does not end, or when the mark that ends it may be quoted (MarkDoubt::strong): the whole text
// would hold thoughts, and the rest of it may be somebody else's.
Result<std::string> strip_reasoning(std::string_view text);

}  // namespace gvm::text
