#pragma once
// A Value as a person reads it in a log or a failing test. Never parsed.
#include <string>

#include "base/value.h"

namespace gvm::calldata {

// {"a": 1, "img": bytes(5242880) 89504e47...}. Long strings and bytes are cut; the whole is at most
// `max_bytes` long, ending in "..." when something is missing.
std::string to_debug_string(const Value& value, std::size_t max_bytes = 1024);

}  // namespace gvm::calldata
