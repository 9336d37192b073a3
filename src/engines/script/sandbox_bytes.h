#pragma once
struct lua_State;

namespace gvm::script {

// Into the table on top: upper, lower, reverse.
void set_byte_functions(lua_State* L);

}  // namespace gvm::script
