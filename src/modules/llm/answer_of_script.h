#pragma once
// What a script's entry point returned, checked against what the request asked for. Pure.
#include "base/error.h"
#include "base/integer.h"
#include "base/value.h"
#include "envelope/generation.h"
#include "envelope/request.h"

namespace gvm::llm {

struct ScriptAnswer {
  Value data;
  Integer consumed_gen;
  bool bare = false;  // the script answered the data alone, as scripts for GenVM 0.1 do
};

// `returned` is {data = string|boolean|table, consumed_gen = integer|Rat|nil}, or the data alone: a
// string, a boolean, or for a JSON prompt a table without `data` (lua-api.md, "Entry points"). Text
// prompts and EqNonComparativeLeader answer a string, the other templates a bool, JSON prompts a
// map for the generations A and B and JSON text for C (wire.md, "Replies"); a script may give a
// JSON answer in either form. A fraction in consumed_gen is rounded down. Errors: SCRIPT_BAD_ANSWER
// naming the field; ANSWER_NOT_USABLE for JSON text that is none.
Result<ScriptAnswer> read_script_answer(Value returned, const envelope::LlmRequest& request,
                                        envelope::Generation generation);

}  // namespace gvm::llm
