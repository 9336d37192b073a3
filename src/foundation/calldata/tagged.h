#pragma once
// The tagged form of calldata for tools and tests: every type keeps its name through JSON.
//   null, true, false; {"i": "-12"}, {"s": "text"}, {"b": "hex"}, {"a": "hex"}, {"l": [...]}, {"m":
//   [[key, value], ...]}
#include "base/error.h"
#include "base/value.h"

namespace gvm::calldata {

// A value made of JSON's types only; json::write makes it text. Reals are shown as encode() carries
// them; what is no UTF-8 text is replaced by the JSON writer.
Value to_tagged(const Value& value);

// From the parsed JSON. MALFORMED_CALLDATA, not fatal, when it is not of that form.
Result<Value> from_tagged(const Value& tagged);

}  // namespace gvm::calldata
