#pragma once
// Host functions inside Lua: their tables, `require`, and calls from Lua to host functions.
struct lua_State;

namespace gvm::script {

// The table of host libraries, as given to library chunks: host["lib.rs"], host["llm.rs"]. Built
// piece by piece on use.
void push_host_table(lua_State* L);
// `require`, and package.loaded.
void install_require(lua_State* L);
// Compiles nothing: loads our own bytecode. Pushes the function or raises.
struct Module;
void push_chunk(lua_State* L, const Module& module);

}  // namespace gvm::script
