#pragma once
struct lua_State;

namespace gvm::script {

// Puts find, match, gmatch and gsub into the table on top of the stack.
void set_pattern_functions(lua_State* L);

}  // namespace gvm::script
