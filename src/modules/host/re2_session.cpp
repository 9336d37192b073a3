#include "host/re2_session.h"

#include <algorithm>
#include <lua.hpp>
#include <new>
#include <vector>

#include "host/limits.h"
#include "host/re2_pattern.h"
#include "script/vm.h"

namespace gvm::host {

namespace {

using Program = std::shared_ptr<const re2::RE2>;
using script::Vm;

const char kKey = 0;  // its address is the key in Lua's registry

struct Programs {
  std::vector<Program> held;  // the one used last in front
};

std::size_t bytes_of(const Program& program) {
  return static_cast<std::size_t>(program->options().max_mem());
}

int discard(lua_State* L) {
  auto* programs = static_cast<Programs*>(lua_touserdata(L, 1));
  for (const Program& program : programs->held) Vm::of(L).discharge(bytes_of(program));
  std::destroy_at(programs);
  drop_unused_patterns();
  return 0;
}

Programs& programs_of(lua_State* L) {
  luaL_checkstack(L, 4, nullptr);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kKey) != LUA_TUSERDATA) {
    lua_pop(L, 1);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, discard);
    lua_setfield(L, -2, "__gc");
    auto* made = new (lua_newuserdatauv(L, sizeof(Programs), 0)) Programs();
    lua_insert(L, -2);
    lua_setmetatable(L, -2);
    made->held.reserve(PatternLimits().cached_patterns);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &kKey);
  }
  auto& programs = *static_cast<Programs*>(lua_touserdata(L, -1));
  lua_pop(L, 1);
  return programs;
}

}  // namespace

void hold_program(lua_State* L, const Program& program) {
  std::vector<Program>& held = programs_of(L).held;
  if (const auto at = std::ranges::find(held, program); at != held.end()) {
    std::rotate(held.begin(), at, at + 1);
    return;
  }
  if (held.size() == PatternLimits().cached_patterns) {
    Vm::of(L).discharge(bytes_of(held.back()));
    held.pop_back();
  }
  Vm::of(L).charge(L, bytes_of(program));
  held.insert(held.begin(), program);
}

}  // namespace gvm::host
