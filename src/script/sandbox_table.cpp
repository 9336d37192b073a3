#include <lua.hpp>

#include "script/sandbox.h"

namespace gvm::script {

void open_table(lua_State* L) {
  lua_pushcfunction(L, luaopen_table);
  lua_call(L, 0, 1);
  lua_setglobal(L, LUA_TABLIBNAME);
}

}  // namespace gvm::script
