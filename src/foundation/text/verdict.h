#pragma once
// Judgements of language models: {"result": bool, "reason"?: string}. The prompt contains text of
// an attacker, and a model may quote it. Therefore the verdict is not searched for, and nothing is
// repaired.
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/value.h"
#include "text/answer_end.h"

namespace gvm::text {

struct Verdict {
  bool result = false;
  std::string reason;  // empty when the answer gives none
  Value whole;         // the object
};

// Reads an answer whose whole text is one JSON object with a boolean "result". Around the object
// may stand white space, one code fence and finished reasoning. Closing brackets that are missing
// at the very end of a stopped answer are added; nothing else is mended. Linear in the answer.
//
// ANSWER_NOT_USABLE, fatal; its detail (ctx.detail) is one sentence that names the fault, made to
// be sent to the model when it is asked again.
Result<Verdict> read_verdict(std::string_view answer, AnswerEnd end);

}  // namespace gvm::text
