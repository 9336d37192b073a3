#pragma once
// How RFC 9535 compares JSON values (2.3.5.2.2). Internal to jsonpath/.
#include <cstdint>

#include "base/value.h"

namespace gvm::jsonpath {

// `steps` counts what is looked at. Numbers are equal by their value: 1 and 1.0.
bool equal(const Value& a, const Value& b, std::uint64_t& steps);
// Only two numbers or two strings have an order.
bool less(const Value& a, const Value& b, std::uint64_t& steps);

}  // namespace gvm::jsonpath
