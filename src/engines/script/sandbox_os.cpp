#include <cstddef>
#include <initializer_list>
#include <lua.hpp>

#include "script/sandbox.h"

namespace gvm::script {

namespace {

constexpr std::size_t kLongestDateFormat = 256;  // strftime runs once for each conversion in it

int date(lua_State* L) {
  std::size_t size = 0;
  luaL_optlstring(L, 1, "%c", &size);
  luaL_argcheck(L, size <= kLongestDateFormat, 1, "format too long");
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

}  // namespace

void open_os(lua_State* L) {
  lua_pushcfunction(L, luaopen_os);
  lua_call(L, 0, 1);
  lua_createtable(L, 0, 4);
  for (const char* kept : {"time", "clock", "difftime", "date"}) {
    lua_getfield(L, -2, kept);
    lua_setfield(L, -2, kept);
  }
  lua_getfield(L, -1, "date");
  lua_pushcclosure(L, date, 1);
  lua_setfield(L, -2, "date");
  lua_setglobal(L, LUA_OSLIBNAME);
  lua_pop(L, 1);
}

}  // namespace gvm::script
