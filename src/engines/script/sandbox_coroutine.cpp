#include <lua.hpp>

#include "script/sandbox.h"
#include "script/session.h"
#include "script/vm.h"

// Coroutines of scripts. When the CPU slice ends inside one, its hook yields; our resume sees that,
// yields in turn up to the driver, and goes on afterwards as if nothing had happened. The script
// never sees such a yield.
namespace gvm::script {

namespace {

enum class Style : lua_KContext { resume, wrap };

lua_State* coroutine_of(lua_State* L, Style style) {
  if (style == Style::wrap) return lua_tothread(L, lua_upvalueindex(1));
  lua_State* co = lua_tothread(L, 1);
  luaL_argexpected(L, co != nullptr, 1, "thread");
  luaL_argcheck(L, co != Vm::of(L).main(), 1, "the main thread cannot be resumed");
  return co;
}

int fail_wrap(lua_State* L, lua_State* co) {
  const int status = lua_status(co);
  if (status != LUA_OK && status != LUA_YIELD) {
    const Vm::Chain chain(Vm::of(L), co, false);
    lua_resetthread(co);  // closes its pending variables
    lua_xmove(co, L, 1);  // the error, or one raised while closing
  }
  Vm& vm = Vm::of(L);
  if (vm.killed() != Kill::none) vm.raise_killed(L);
  if (lua_type(L, -1) == LUA_TSTRING) {
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

int fail(lua_State* L, lua_State* co, Style style) {
  if (style == Style::wrap) return fail_wrap(L, co);
  lua_pushboolean(L, 0);
  lua_insert(L, -2);
  return 2;
}

int step(lua_State* L, Style style, int arguments);

int go_on(lua_State* L, int, lua_KContext style) {
  return step(L, static_cast<Style>(style), 0);
}

int finish(lua_State* L, lua_State* co, Style style, int results) {
  if (lua_checkstack(L, results + 1) == 0) {
    lua_pop(co, results);
    lua_pushliteral(L, "too many results to resume");
    return fail(L, co, style);
  }
  if (style == Style::resume) lua_pushboolean(L, 1);
  lua_xmove(co, L, results);
  return results + (style == Style::resume ? 1 : 0);
}

// The coroutine's arguments are on its stack already.
int step(lua_State* L, Style style, int arguments) {
  lua_State* co = coroutine_of(L, style);
  Vm& vm = Vm::of(L);
  int results = 0;
  int status = LUA_OK;
  {
    const Vm::Chain chain(vm, co, vm.can_yield(L));
    status = lua_resume(co, L, arguments, &results);
  }
  if (status == LUA_ERRMEM) vm.kill(Kill::memory);
  if (vm.killed() != Kill::none) vm.raise_killed(L);
  if (status == LUA_YIELD && vm.slice_pending()) {
    return Vm::yield(L, 0, static_cast<lua_KContext>(style), go_on);
  }
  if (status == LUA_OK || status == LUA_YIELD) return finish(L, co, style, results);
  lua_xmove(co, L, 1);
  return fail(L, co, style);
}

int start(lua_State* L, Style style, int first_argument) {
  lua_State* co = coroutine_of(L, style);
  const int count = lua_gettop(L) - first_argument + 1;
  if (Vm::of(L).killed() != Kill::none) Vm::of(L).raise_killed(L);
  if (lua_checkstack(co, count) == 0) {
    lua_pushliteral(L, "too many arguments to resume");
    return fail(L, co, style);
  }
  lua_xmove(L, co, count);
  return step(L, style, count);
}

int resume(lua_State* L) {
  return start(L, Style::resume, 2);
}
int call_wrapped(lua_State* L) {
  return start(L, Style::wrap, 1);
}

int wrap(lua_State* L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_State* co = lua_newthread(L);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  lua_pushcclosure(L, call_wrapped, 1);
  return 1;
}

int yield(lua_State* L) {
  if (Vm::of(L).session().is_entry_thread(L)) {
    return luaL_error(L, "attempt to yield from outside a coroutine");
  }
  return Vm::yield(L, lua_gettop(L));
}

// Variables to be closed run script code on a thread that no driver resumes.
int close(lua_State* L) {
  lua_State* co = lua_tothread(L, 1);
  luaL_argcheck(L, co != Vm::of(L).main(), 1, "the main thread cannot be closed");
  const Vm::Chain chain(Vm::of(L), co == nullptr ? L : co, false);
  const int results = lua_tocfunction(L, lua_upvalueindex(1))(L);
  if (Vm::of(L).killed() != Kill::none) Vm::of(L).raise_killed(L);
  return results;
}

constexpr luaL_Reg kReplaced[] = {
    {"resume", resume}, {"wrap", wrap}, {"yield", yield}, {nullptr, nullptr}};

}  // namespace

void open_coroutine(lua_State* L) {
  lua_pushcfunction(L, luaopen_coroutine);
  lua_call(L, 0, 1);
  luaL_setfuncs(L, kReplaced, 0);
  lua_getfield(L, -1, "close");
  lua_pushcclosure(L, close, 1);
  lua_setfield(L, -2, "close");
  lua_setglobal(L, LUA_COLIBNAME);
}

}  // namespace gvm::script
