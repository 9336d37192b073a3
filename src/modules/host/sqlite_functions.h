#pragma once
// The host functions under require("lsqlite3"): the databases of an operator's script, under
// data_dir. Each call runs on a thread of a pool of its own, never on a lane; the Lua library in
// lua/lsqlite3.lua makes objects of them.
#include <string>

#include "script/script.h"

namespace gvm::host {

void add_sqlite_functions(script::HostTable& table, const std::string& data_dir);

}  // namespace gvm::host
