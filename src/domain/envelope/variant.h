#pragma once
// Externally tagged enums (wire.md, "Requests"): a map with one key, the variant, whose value is
// the payload.
#include <initializer_list>
#include <string_view>

#include "base/error.h"
#include "base/value.h"

namespace gvm::envelope {

struct Variant {
  std::size_t index;  // in the known names
  Value payload;
};

// MALFORMED_REQUEST listing `known` when `message` is none of them.
Result<Variant> parse_variant(Value message, std::initializer_list<std::string_view> known);

// True for the variant "GetStats", which has no payload: the bare string, or a map with the value
// null. Both modules accept it.
bool is_stats_request(const Value& message);

}  // namespace gvm::envelope
