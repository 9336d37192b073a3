#pragma once
// Facts of pages and of JSON: page:extract{...} and lib.rs.json_path.
#include "script/script.h"

namespace gvm::host {

void add_extract_functions(script::HostTable& table);

}  // namespace gvm::host
