#pragma once
// Reads the debug form of an error (wire.md, "Replies"), as a host that parses all of it would.
#include <string_view>

#include "base/value.h"

namespace gvm::e2e {

// {"causes", "fatal", "ctx"}; numbers are integers where they are integral. Throws when `text` is
// not of that form.
Value read_debug_form(std::string_view text);

}  // namespace gvm::e2e
