#pragma once
// The reasoning that models write in front of their answers, between marks: "<think>...</think>",
// "<thinking>", "[THINK]...[/THINK]", a closing mark whose opening one stood in the prompt, and
// channels ("<|channel|>analysis<|message|>...<|channel|>final<|message|>").
#include <string_view>

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
  bool reasoned = false;    // the text holds reasoning
  bool unfinished = false;  // the reasoning does not end: `answer` is empty
  MarkDoubt doubt = MarkDoubt::none;
};

// Marks within a complete JSON object or array, within quotes or backticks, and within code fences
// are content. A closing mark without an opening one counts at the start or the end of a line.
// Linear in the text.
AnswerParts split_reasoning(std::string_view text);

// For text answers: what follows the reasoning, without the line breaks and spaces in front of it;
// the text as it is when there is no reasoning. ANSWER_NOT_USABLE when the reasoning does not end.
Result<std::string_view> strip_reasoning(std::string_view text);

}  // namespace gvm::text
