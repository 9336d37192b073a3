#pragma once
// Writes a Value as JSON. Parsing is in text/json.h, which needs a library.
#include <string>
#include <string_view>

#include "base/value.h"

namespace gvm::json {

// Compact, keys in the map's (sorted) order. Integers of any size are written in full; reals
// shortest round-trip, never as NaN or infinity (null instead); bytes as base64 text; addresses as
// "0x" hex. Invalid UTF-8 in a string becomes U+FFFD.
std::string write(const Value& value);
void write_to(std::string& out, const Value& value);

// A quoted, escaped JSON string. Runs without characters to escape are copied whole: a 5 MiB base64
// text costs one scan.
void write_string_to(std::string& out, std::string_view text);

}  // namespace gvm::json
