#pragma once
// Encodes a Value as calldata bytes: each value has exactly one form (wire.md, "Calldata").
#include <string>

#include "base/error.h"
#include "base/value.h"

namespace gvm::calldata {

// Calldata has no reals: an integral one is carried as an integer, any other as its shortest
// decimal text that reads back as the same number ("0.1", "1e-07"). Fatal errors:
// MALFORMED_CALLDATA for NaN, infinities and strings that are no UTF-8; TOO_DEEP for nesting over
// kMaxDepth. One allocation.
Result<std::string> encode(const Value& value);

// Appends to `out`. On an error `out` is unchanged.
Result<void> encode_to(std::string& out, const Value& value);

}  // namespace gvm::calldata
