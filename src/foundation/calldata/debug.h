#pragma once
// Text form of a Value for logs and failing tests. It is never parsed.
#include <string>

#include "base/value.h"

namespace gvm::calldata {

// {"a": 1, "img": bytes(5242880) 89504e47...}. Long strings and bytes are cut. The result has at
// most `max_bytes` bytes and ends in "..." when something is missing.
std::string to_debug_string(const Value& value, std::size_t max_bytes = 1024);

}  // namespace gvm::calldata
