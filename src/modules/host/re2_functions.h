#pragma once
// lib.rs.re2_*: regular expressions in time linear to the text.
#include "script/script.h"

namespace gvm::host {

void add_re2_functions(script::HostTable& table);

}  // namespace gvm::host
