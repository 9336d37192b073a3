#include "lua_build.h"

#include <lapi.h>
#include <lauxlib.h>
#include <lstate.h>

#include <random>

namespace gvm::lua {

constinit thread_local bool yield_jumps = false;

namespace {

std::uint64_t random_seed() {
  std::random_device random;
  return (static_cast<std::uint64_t>(random()) << 32) | random();
}

}  // namespace

const std::uint64_t key_seed = random_seed();

bool has_finalizers(lua_State* L) {
  const global_State* state = G(L);
  return state->finobj != nullptr || state->tobefnz != nullptr;
}

namespace {

void run_finalizers_of(lua_State* L, GCObject* list) {
  for (GCObject* object = list; object != nullptr; object = object->next) {
    lua_settop(L, 0);
    setgcovalue(L, s2v(L->top.p), object);
    api_incr_top(L);
    if (luaL_getmetafield(L, 1, "__gc") == LUA_TNIL) continue;
    lua_insert(L, 1);
    lua_pcall(L, 1, 0, 0);
  }
  lua_settop(L, 0);
}

}  // namespace

void run_finalizers(lua_State* L) {
  lua_gc(L, LUA_GCSTOP);
  run_finalizers_of(L, G(L)->tobefnz);
  run_finalizers_of(L, G(L)->finobj);
}

}  // namespace gvm::lua
