#pragma once
// What a module answers (wire.md, "Replies"). Every function gives a message that can be sent: what
// calldata cannot carry becomes a FatalError.
#include <string>

#include "base/error.h"
#include "base/value.h"
#include "envelope/generation.h"

namespace gvm::envelope {

// {"Ok": answer}. The error is encode()'s, for callers that want to know.
Result<std::string> try_encode_ok(Value answer);
// The same; the FatalError reply when the answer cannot be encoded.
std::string encode_ok(Value answer, Generation generation);

// {"UserError": {"causes", "ctx"}}, or {"FatalError": text}, the text in the generation's form: one
// line of JSON, or the debug form. In a UserError's strings invalid UTF-8 is replaced by U+FFFD;
// NaN and infinities become null.
std::string encode_error(const Error& error, Generation generation);

struct LlmAnswer {
  Value data;            // string, bool or map
  Integer consumed_gen;  // GEN

  // The answer of a budget used up (llm.exhaust): no text, 2^256 - 1 consumed.
  static LlmAnswer exhausted();
};

// {"data", "consumed_gen"}. A map (a JSON prompt's answer) goes as JSON text to generation C.
Value answer_value(LlmAnswer answer, Generation generation);

// What the web module answers a `Request` with.
struct WebResponse {
  int status = 0;
  Value::Map headers;  // lower-case name -> bytes
  Blob body;
};

// {"response": {"status", "headers", "body"}}
Value response_value(WebResponse response);
// {"text": string} and {"image": bytes}: a `Render`'s.
Value text_value(Blob text);
Value image_value(Blob png);

}  // namespace gvm::envelope
