#include <cstddef>
#include <lua.hpp>
#include <utility>

#include "script/sandbox.h"
#include "script/vm.h"

namespace gvm::script {

namespace {

constexpr std::size_t kLongestDateFormat = 256;  // strftime runs once for each conversion in it

// time and clock: as in Lua. What they answer is of this moment.
int of_the_moment(lua_State* L) {
  Vm::of(L).note_outside();
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

int date(lua_State* L) {
  Vm::of(L).note_outside();
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
  constexpr std::pair<const char*, lua_CFunction> kFunctions[] = {
      {"time", of_the_moment}, {"clock", of_the_moment}, {"date", date}};
  for (const auto& [name, function] : kFunctions) {
    lua_getfield(L, -2, name);
    lua_pushcclosure(L, function, 1);
    lua_setfield(L, -2, name);
  }
  lua_getfield(L, -2, "difftime");
  lua_setfield(L, -2, "difftime");
  lua_setglobal(L, LUA_OSLIBNAME);
  lua_pop(L, 1);
}

}  // namespace gvm::script
