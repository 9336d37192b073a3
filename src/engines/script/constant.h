#pragma once
// Constants of host libraries in Lua: plain tables; a map of more than 1024 plain values (the
// top-level domains) is a read-only view of the shared Value.
#include "base/value.h"

struct lua_State;

namespace gvm::script {

// `value` must live as long as the program does. A view is a userdata that scripts index, iterate
// with pairs and next and count with #, without copying; it cannot be changed.
void push_constant(lua_State* L, const Value& value);
bool is_constant(lua_State* L, int index);  // whether it is a view
// Lua's next(view, key) with both on the stack. Logarithmic in the number of entries.
int next_of_constant(lua_State* L);

}  // namespace gvm::script
