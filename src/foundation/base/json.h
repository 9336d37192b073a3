#pragma once
// Writes a Value as JSON. Parsing is in text/json.h, which needs a library.
#include <string>
#include <string_view>

#include "base/value.h"

namespace gvm::json {

// Compact JSON; keys in the order of the map (sorted). Integers of any size are written in full.
// Reals are written as the shortest text that reads back as the same number; NaN and infinities as
// null. Bytes are written as base64 text, addresses as "0x" hex. Invalid UTF-8 in a string becomes
// U+FFFD.
std::string write(const Value& value);
void write_to(std::string& out, const Value& value);

// A quoted, escaped JSON string. Runs of characters that need no escape are copied as a whole, so
// that a base64 text of 5 MiB costs one scan.
void write_string_to(std::string& out, std::string_view text);

}  // namespace gvm::json
