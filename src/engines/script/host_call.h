#pragma once
// Calls from Lua to host functions: arguments, waiting, results.
struct lua_State;

namespace gvm::script {

struct HostFunction;

// Pushes the function of a row, which outlives the state.
void push_host_function(lua_State* L, const HostFunction& row);

}  // namespace gvm::script
