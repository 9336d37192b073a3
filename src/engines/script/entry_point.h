#pragma once
// What runs at the bottom of the entry thread: it calls one entry point with its arguments and
// keeps the answer. Internal to script/.
#include <string>
#include <vector>

#include "base/value.h"
#include "script/program.h"
#include "script/script.h"

struct lua_State;

namespace gvm::script {

// One running entry point. Lua holds a pointer to it while its thread is alive.
struct CallFrame {
  std::string entry;
  std::vector<Argument> arguments;
  Value answer;
};

// The runner is Lua, so that no frame of C++ lies between the driver and a host function that
// waits: a yield jumps to the driver (Vm::yield).
Module compile_entry_runner();

// Once a session, protected: loads the runner.
void install_entry_runner(lua_State* L, const Module& runner);

// Pushes the runner and its argument. Raises nothing.
void push_entry_call(lua_State* thread, CallFrame* frame);

}  // namespace gvm::script
