#pragma once
// The global `io` of scripts, confined to a few folders (docs/scripts.md, "Files").
#include "files/folders.h"
#include "script/script.h"

namespace gvm::host {

void add_io_functions(script::HostTable& table, files::Folders folders);

}  // namespace gvm::host
