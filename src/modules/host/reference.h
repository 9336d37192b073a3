#pragma once
// Documentation made from the table of host functions, so that it cannot disagree with the code. A
// test compares it with the files in docs/ and lua/meta/; running that test with GVM_UPDATE_DOCS=1
// rewrites them.
#include <string>

#include "script/script.h"

namespace gvm::host {

// The reference page (Markdown): libraries in the order of their first row, rows in the table's
// order.
std::string render_reference(const script::HostTable& table);

// Type annotations for the Lua language server (LuaLS): one class a library.
std::string render_luals(const script::HostTable& table);

}  // namespace gvm::host
