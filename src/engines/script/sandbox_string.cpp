#include <algorithm>
#include <cstring>
#include <lua.hpp>

#include "script/sandbox.h"
#include "script/sandbox_pattern.h"
#include "script/vm.h"

namespace gvm::script {

namespace {

// Lua's rep copies n times even when there is nothing to copy, and one byte at a time when that is
// the string.
int repeat(lua_State* L) {
  std::size_t size = 0;
  std::size_t between_size = 0;
  const char* text = luaL_checklstring(L, 1, &size);
  const lua_Integer n = luaL_checkinteger(L, 2);
  const char* between = luaL_optlstring(L, 3, "", &between_size);
  const std::size_t unit = size + between_size;
  if (n <= 0 || unit == 0) return lua_pushliteral(L, ""), 1;
  if (static_cast<lua_Unsigned>(n) > Vm::of(L).limits().memory_bytes / unit + 1) {
    return luaL_error(L, "resulting string too large");
  }
  const std::size_t total = unit * static_cast<std::size_t>(n) - between_size;
  luaL_Buffer out;
  char* to = luaL_buffinitsize(L, &out, total);
  std::memcpy(to, text, size);
  if (total > size) std::memcpy(to + size, between, between_size);
  for (std::size_t done = std::min(unit, total); done < total;) {
    const std::size_t piece = std::min(done, total - done);
    std::memcpy(to + done, to, piece);
    done += piece;
  }
  luaL_pushresultsize(&out, total);
  return 1;
}

// Upvalue 1 is Lua's function, which walks its format without looking at the clock.
int with_bounded_format(lua_State* L) {
  std::size_t size = 0;
  luaL_checklstring(L, 1, &size);
  luaL_argcheck(L, size <= Vm::of(L).limits().format_bytes, 1, "format too long");
  // In the same frame, so that messages name the function and the line.
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

// One metatable serves every string of the VM, also ours.
void protect_metatable(lua_State* L) {
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 2);
}

}  // namespace

void open_string(lua_State* L) {
  lua_pushcfunction(L, luaopen_string);
  lua_call(L, 0, 1);
  lua_pushnil(L);
  lua_setfield(L, -2, "dump");
  lua_pushcfunction(L, repeat);
  lua_setfield(L, -2, "rep");
  for (const char* name : {"format", "pack", "packsize", "unpack"}) {
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, with_bounded_format, 1);
    lua_setfield(L, -2, name);
  }
  set_pattern_functions(L);
  protect_metatable(L);
  lua_setglobal(L, LUA_STRLIBNAME);
}

}  // namespace gvm::script
