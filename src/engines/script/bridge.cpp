#include "script/bridge.h"

#include <algorithm>
#include <lua.hpp>
#include <string>
#include <utility>

#include "base/error_codes.h"
#include "script/codes.h"
#include "script/constant.h"
#include "script/convert.h"
#include "script/error.h"
#include "script/host_call.h"
#include "script/session.h"

namespace gvm::script {

namespace {

// Functions and constants in it; 0 when there is no such library.
std::ptrdiff_t library_size(const HostTable& host, std::string_view library) {
  const auto in_library = [library](const auto& row) { return row.library == library; };
  return std::ranges::count_if(host.functions, in_library) +
         std::ranges::count_if(host.constants, in_library);
}

void fill_library(lua_State* L, const HostTable& host, std::string_view library) {
  for (const HostFunction& row : host.functions) {
    if (row.library != library) continue;
    lua_pushlstring(L, row.name.data(), row.name.size());
    push_host_function(L, row);
    lua_rawset(L, -3);
  }
  for (const HostConstant& constant : host.constants) {
    if (constant.library != library) continue;
    lua_pushlstring(L, constant.name.data(), constant.name.size());
    push_constant(L, constant.value);
    lua_rawset(L, -3);
  }
}

// host[name]: made on first use, at its full size, and kept.
int host_index(lua_State* L) {
  std::size_t length = 0;
  const char* text = luaL_checklstring(L, 2, &length);
  const std::string_view name(text, length);
  const HostTable& host = Vm::of(L).session().program().host();
  const auto size = library_size(host, name);
  if (size == 0) return lua_pushnil(L), 1;
  lua_createtable(L, 0, static_cast<int>(size));
  fill_library(L, host, name);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, -2);
  lua_rawset(L, 1);
  return 1;
}

const Module* find(lua_State* L, std::string_view name) {
  const SessionImpl& session = Vm::of(L).session();
  ProgramImpl* loading = session.loading();
  if (loading == nullptr) return session.program().find_module(name);
  lua_getfield(L, lua_upvalueindex(3), "path");
  std::size_t size = 0;
  const char* path = lua_tolstring(L, -1, &size);
  const Module* found = loading->find_or_compile(
      path == nullptr ? std::string_view() : std::string_view(path, size), name);
  lua_pop(L, 1);
  return found;
}

// Pushes package.preload[name] when that is a function.
bool push_preloaded(lua_State* L, const char* name) {
  if (lua_getfield(L, lua_upvalueindex(3), "preload") == LUA_TTABLE &&
      lua_getfield(L, -1, name) == LUA_TFUNCTION) {
    lua_remove(L, -2);
    return true;
  }
  lua_settop(L, 1);
  return false;
}

// What the module has answered is on top; what it has put into package.loaded itself counts when it
// answered nothing (Lua's manual, "require").
void keep_answer(lua_State* L) {
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushvalue(L, 1);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return;
    lua_pop(L, 1);
    lua_pushboolean(L, 1);
  }
  lua_pushvalue(L, 1);
  lua_pushvalue(L, -2);
  lua_rawset(L, lua_upvalueindex(1));
}

// require(name): upvalue 1 is package.loaded, upvalue 2 the host table, upvalue 3 package.
int require(lua_State* L) {
  std::size_t size = 0;
  const char* name = luaL_checklstring(L, 1, &size);
  lua_settop(L, 1);
  lua_pushvalue(L, 1);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
  lua_pop(L, 1);
  if (!push_preloaded(L, name)) {
    const Module* module = find(L, std::string_view(name, size));
    if (module == nullptr) {
      return luaL_error(L, "module '%s' not found: no library of ours, no file on lua_path", name);
    }
    push_chunk(L, *module);
  }
  lua_pushvalue(L, 1);
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_call(L, 2, 1);
  keep_answer(L);
  return 1;
}

}  // namespace

void push_chunk(lua_State* L, const Module& module) {
  if (!module.problem.empty()) {
    luaL_error(L, "%s", module.problem.c_str());
  }
  const std::string& code = module.bytecode;
  if (luaL_loadbufferx(L, code.data(), code.size(), "=bytecode", "b") != LUA_OK) lua_error(L);
}

void push_host_table(lua_State* L) {
  lua_newtable(L);
  lua_createtable(L, 0, 2);
  lua_pushcfunction(L, host_index);
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
}

// The globals that copies of the field's own libraries take their functions from, and `io` when
// there is one. The host table is on top.
void set_host_globals(lua_State* L) {
  constexpr std::pair<const char*, const char*> kGlobals[] = {
      {"__dflt", "lib.rs"}, {"__llm", "llm.rs"}, {"__web", "web.rs"}, {"io", "io"}};
  for (const auto& [global, library] : kGlobals) {
    lua_getfield(L, -1, library);
    lua_setglobal(L, global);
  }
}

void install_require(lua_State* L) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  for (const char* name : {"string", "table", "math", "utf8", "os", "coroutine"}) {
    lua_getglobal(L, name);
    lua_setfield(L, -2, name);
  }
  lua_pushglobaltable(L);
  lua_setfield(L, -2, "_G");
  lua_createtable(L, 0, 3);
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, "loaded");
  lua_newtable(L);
  lua_setfield(L, -2, "preload");
  const std::string& path = Vm::of(L).session().program().options().lua_path;
  lua_pushlstring(L, path.data(), path.size());
  lua_setfield(L, -2, "path");
  lua_pushvalue(L, -1);
  lua_setglobal(L, "package");
  push_host_table(L);
  set_host_globals(L);
  lua_getglobal(L, "io");
  lua_setfield(L, -4, "io");
  lua_rotate(L, -2, 1);  // loaded, host, package
  lua_pushcclosure(L, require, 3);
  lua_setglobal(L, "require");
}

}  // namespace gvm::script
