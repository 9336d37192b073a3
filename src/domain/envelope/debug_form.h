#pragma once
// An error as Rust's `{:?}` prints the ModuleError of the field's modules (wire.md, "Replies").
// Hosts of generations A and B find codes, statuses and model names in this text with regular
// expressions. Pure.
#include <string>
#include <string_view>

#include "base/error.h"

namespace gvm::envelope {

// ModuleError { causes: ["CODE"], fatal: true, ctx: {"status": Number(401.0)} }
// Every number is a double, as it is there. Invalid UTF-8 becomes U+FFFD.
std::string debug_form(const Error& error);

// The parts, for tests: a quoted text, and a number with at least one decimal.
std::string debug_text(std::string_view text);
std::string debug_number(double number);

}  // namespace gvm::envelope
