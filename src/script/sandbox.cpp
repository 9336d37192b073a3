#include "script/sandbox.h"

#include <lua.hpp>

namespace gvm::script {

namespace {

void open_plain(lua_State* L, const char* name, lua_CFunction open) {
  lua_pushcfunction(L, open);
  lua_pushstring(L, name);
  lua_call(L, 1, 1);
  lua_setglobal(L, name);
}

}  // namespace

void open_sandbox(lua_State* L) {
  open_base(L);
  open_coroutine(L);
  open_string(L);
  open_table(L);
  open_os(L);
  open_plain(L, LUA_MATHLIBNAME, luaopen_math);
  open_plain(L, LUA_UTF8LIBNAME, luaopen_utf8);
}

}  // namespace gvm::script
