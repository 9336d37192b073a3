#pragma once
// The replies of a module (wire.md, "Replies"). Every function returns a message that can be sent:
// a value that calldata cannot represent becomes a FatalError.
#include <string>

#include "base/error.h"
#include "base/value.h"
#include "envelope/generation.h"

namespace gvm::envelope {

// {"Ok": answer}. Returns the error of encode(), for callers that handle it.
Result<std::string> try_encode_ok(Value answer);
// The same, but returns a FatalError reply when the answer cannot be encoded.
std::string encode_ok(Value answer, Generation generation);

// {"UserError": {"causes", "ctx"}}, or {"FatalError": text}, the text in the generation's form: one
// line of JSON, or the debug form. In a UserError's strings invalid UTF-8 is replaced by U+FFFD;
// NaN and infinities become null.
std::string encode_error(const Error& error, Generation generation);

struct LlmAnswer {
  Value data;            // string, bool or map
  Integer consumed_gen;  // GEN

  // The answer for an exhausted budget (llm.exhaust): no text, 2^256 - 1 gen consumed.
  static LlmAnswer exhausted();
};

// {"data", "consumed_gen"}. For generation C a map (the answer of a JSON prompt) is sent as JSON
// text.
Value answer_value(LlmAnswer answer, Generation generation);

// The web module's answer to a `Request`.
struct WebResponse {
  int status = 0;
  Value::Map headers;  // lower-case name -> bytes
  Blob body;
};

// {"response": {"status", "headers", "body"}}
Value response_value(WebResponse response);
// Answers to a `Render`: {"text": string} or {"image": bytes}.
Value text_value(Blob text);
Value image_value(Blob png);

}  // namespace gvm::envelope
