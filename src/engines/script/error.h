#pragma once
// The typed error inside Lua: a userdata holding an Error, so that pcall, error(e) and coroutines
// keep its type.
#include <string>

#include "base/error.h"

struct lua_State;

namespace gvm::script {

// Raises `error` as a typed error. Destructors of the C++ frames up to Lua run.
[[noreturn]] int raise(lua_State* L, Error error);
// Pushes it without raising.
void push_error(lua_State* L, Error error);
// The typed error at `index`; a null pointer when something else is there.
const Error* as_error(lua_State* L, int index);
// Whatever was raised, as an Error: the typed one itself, or SCRIPT_ERROR with the message.
Error to_error(lua_State* L, int index);

}  // namespace gvm::script
