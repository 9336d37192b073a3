#pragma once
// Lua's own headers for C++. Lua is compiled as C++ (cmake/GvmLua.cmake), hence no extern "C".
#include <lua.h>
// Needs the types above.
#include <lauxlib.h>
#include <lualib.h>
