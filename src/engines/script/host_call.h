#pragma once
// The way of a call from Lua to a host function and back.
struct lua_State;

namespace gvm::script {

struct HostFunction;

// Pushes the function of a row, which outlives the state.
void push_host_function(lua_State* L, const HostFunction& row);

}  // namespace gvm::script
