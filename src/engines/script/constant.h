#pragma once
// Constants of host libraries in Lua: plain tables when small, a read-only view of the shared Value
// when large.
#include "base/value.h"

struct lua_State;

namespace gvm::script {

// `value` must live as long as the program does. Maps of many entries are pushed as userdata that
// index, iterate with pairs and count with # without copying; they cannot be changed.
void push_constant(lua_State* L, const Value& value);

}  // namespace gvm::script
