#pragma once
// JSON Pointer (RFC 6901) look-ups in a Value, for reading provider answers.
#include <optional>
#include <string_view>

#include "base/value.h"

namespace gvm::text {

// The value at `pointer` ("/choices/0/message/content"; "" is `root`), or a null pointer. Array
// indexes are decimal without leading zeros; "~0" and "~1" stand for '~' and '/'.
const Value* at(const Value& root, std::string_view pointer);

// The string at `pointer`; empty when there is none or it is no string. Views into `root`.
std::optional<std::string_view> string_at(const Value& root, std::string_view pointer);

// The integer at `pointer` when it fits 64 bits; empty otherwise.
std::optional<std::int64_t> integer_at(const Value& root, std::string_view pointer);

}  // namespace gvm::text
