#pragma once
// The standard library scripts see: no io, no debug, no process, no loaders of C or bytecode; and
// no C function that loops for long without looking at the CPU budget.
struct lua_State;

namespace gvm::script {

// Opens everything below into the globals of a fresh state. May raise: call protected.
void open_sandbox(lua_State* L);

// One part each; called by open_sandbox.
void open_base(lua_State* L);       // sandbox_base.cpp
void open_coroutine(lua_State* L);  // sandbox_coroutine.cpp
void open_string(lua_State* L);     // sandbox_string.cpp
void open_utf8(lua_State* L);       // sandbox_string.cpp
void open_table(lua_State* L);      // sandbox_table.cpp
void open_os(lua_State* L);         // sandbox_os.cpp

}  // namespace gvm::script
