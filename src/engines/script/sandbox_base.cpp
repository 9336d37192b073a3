#include <lua_build.h>

#include <cstring>
#include <lua.hpp>
#include <string>

#include "base/error_codes.h"
#include "script/constant.h"
#include "script/error.h"
#include "script/sandbox.h"
#include "script/session.h"
#include "script/vm.h"

namespace gvm::script {

namespace {

constexpr std::size_t kLongestPrint = 64 * kKiB;

bool is_killed(lua_State* L) {
  return Vm::of(L).killed() != Kill::none;
}

// --- pcall and xpcall: as in Lua, but a killed session cannot catch its own end.

int finish_pcall(lua_State* L, int status, lua_KContext skip) {
  if (status == LUA_ERRMEM) Vm::of(L).kill(Kill::memory);
  if (is_killed(L)) Vm::of(L).raise_killed(L);
  if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(L) - static_cast<int>(skip);
  lua_pushboolean(L, 0);
  lua_pushvalue(L, -2);
  return 2;
}

int pcall(lua_State* L) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, 1);
  lua_insert(L, 1);
  const int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finish_pcall);
  return finish_pcall(L, status, 0);
}

// A handler runs inside the hook that raised, where no hook fires: a killed session must not get
// there.
int guarded_handler(lua_State* L) {
  if (is_killed(L)) return 1;
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, 1);
  return 1;
}

int xpcall(lua_State* L) {
  luaL_checktype(L, 2, LUA_TFUNCTION);
  const int arguments = lua_gettop(L) - 2;
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, guarded_handler, 1);
  lua_replace(L, 2);
  lua_pushboolean(L, 1);
  lua_pushvalue(L, 1);
  lua_rotate(L, 3, 2);  // f, handler, true, f, arguments...
  const int status = lua_pcallk(L, arguments, LUA_MULTRET, 2, 2, finish_pcall);
  return finish_pcall(L, status, 2);
}

// --- setmetatable: a finalizer would run where no hook fires.

int setmetatable(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
  if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) {
    return luaL_error(L, "cannot change a protected metatable");
  }
  if (lua_istable(L, 2)) {
    lua_pushliteral(L, "__gc");
    if (lua_rawget(L, 2) != LUA_TNIL) return luaL_error(L, "__gc is not available to scripts");
  }
  lua_settop(L, 2);
  lua_setmetatable(L, 1);
  return 1;
}

// --- load: text only, of bounded size, as the compiler cannot be interrupted.

std::string read_pieces(lua_State* L, std::size_t limit) {
  std::string source;
  for (;;) {
    lua_pushvalue(L, 1);
    lua_call(L, 0, 1);
    if (lua_isnil(L, -1)) return source;
    std::size_t size = 0;
    if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "reader function must return a string");
    const char* piece = lua_tolstring(L, -1, &size);
    if (size == 0) return source;
    if (size > limit - source.size()) luaL_error(L, "load: source is too long");
    source.append(piece, size);
    lua_pop(L, 1);
  }
}

int load(lua_State* L) {
  const std::size_t limit = Vm::of(L).limits().load_source_bytes;
  std::size_t size = 0;
  std::string pieces;
  const char* source = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &size) : nullptr;
  const char* name = luaL_optstring(L, 2, source == nullptr ? "=(load)" : "=(load string)");
  const bool has_env = !lua_isnone(L, 4);
  if (source == nullptr) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    pieces = read_pieces(L, limit);
    source = pieces.data();
    size = pieces.size();
  }
  if (size > limit) return luaL_error(L, "load: source is longer than %d bytes", (int)limit);
  const int status = luaL_loadbufferx(L, source, size, name, "t");
  Vm::of(L).look(L);
  if (status != LUA_OK) {
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
  }
  if (has_env) {
    lua_pushvalue(L, 4);
    if (lua_setupvalue(L, -2, 1) == nullptr) lua_pop(L, 1);
  }
  return 1;
}

// --- next: as in Lua, and for the views of large constants.

int next(lua_State* L) {
  lua_settop(L, 2);
  if (is_constant(L, 1)) return next_of_constant(L);
  luaL_checktype(L, 1, LUA_TTABLE);
  return lua_next(L, 1) != 0 ? 2 : (lua_pushnil(L), 1);
}

// --- tonumber: as in Lua, but what is longer than any number is none, with a base too.

int tonumber(lua_State* L) {
  if (lua_type(L, 1) == LUA_TSTRING && lua_rawlen(L, 1) > lua::kLongestNumber)
    return luaL_pushfail(L), 1;
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

// --- print goes to the log.

int print(lua_State* L) {
  Vm::of(L).note_outside();
  std::string line;
  const int count = lua_gettop(L);
  for (int i = 1; i <= count; ++i) {
    std::size_t size = 0;
    const char* text = luaL_tolstring(L, i, &size);
    if (i > 1) line += '\t';
    line.append(text, std::min(size, kLongestPrint - std::min(kLongestPrint, line.size())));
    lua_pop(L, 1);
  }
  Vm::of(L).session().logger().info(line);
  Vm::of(L).look(L);
  return 0;
}

int collectgarbage(lua_State* L) {
  if (std::strcmp(luaL_optstring(L, 1, "collect"), "count") != 0) return lua_pushinteger(L, 0), 1;
  lua_pushnumber(L, static_cast<lua_Number>(Vm::of(L).memory_used()) / kKiB);
  return 1;
}

constexpr luaL_Reg kReplaced[] = {
    {"pcall", pcall}, {"xpcall", xpcall}, {"setmetatable", setmetatable},
    {"load", load},   {"print", print},   {"collectgarbage", collectgarbage},
    {"next", next},   {nullptr, nullptr}};

}  // namespace

void open_base(lua_State* L) {
  lua_pushcfunction(L, luaopen_base);
  lua_call(L, 0, 1);
  luaL_setfuncs(L, kReplaced, 0);
  lua_getfield(L, -1, "tonumber");
  lua_pushcclosure(L, tonumber, 1);
  lua_setfield(L, -2, "tonumber");
  for (const char* name : {"dofile", "loadfile", "warn"}) {
    lua_pushnil(L);
    lua_setfield(L, -2, name);
  }
  lua_pop(L, 1);
}

}  // namespace gvm::script
