#pragma once
// lib.rs.html: HTML for scripts.
#include "script/script.h"

namespace gvm::host {

void add_html_functions(script::HostTable& table);

}  // namespace gvm::host
