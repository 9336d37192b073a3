#include <lua.hpp>

#include "script/sandbox.h"

namespace gvm::script {

void open_string(lua_State* L) {
  lua_pushcfunction(L, luaopen_string);
  lua_call(L, 0, 1);
  lua_pushnil(L);
  lua_setfield(L, -2, "dump");
  lua_setglobal(L, LUA_STRLIBNAME);
}

}  // namespace gvm::script
