#include "script/sandbox.h"

#include <cstdint>
#include <cstring>
#include <lua.hpp>

#include "script/random_bits.h"
#include "script/vm.h"

namespace gvm::script {

namespace {

void open_plain(lua_State* L, const char* name, lua_CFunction open) {
  lua_pushcfunction(L, open);
  lua_pushstring(L, name);
  lua_call(L, 1, 1);
  lua_setglobal(L, name);
}

// Weak tables are strong here. The collector handles weak keys in one step that nothing can
// interrupt and that a chain of 40,000 entries makes 7 s long; a metatable can get its __mode at
// any time, so setmetatable cannot refuse it. Lua compares the name of a metafield by identity with
// a string it made at start: that one gets bytes that no script can guess, and
// "__mode" in a script is another string from then on. (Its hash is kept in the string; Lua never
// computes it again.)
void forget_weak_tables(lua_State* L) {
  lua_pushliteral(L, "__mode");
  auto* name = const_cast<char*>(lua_tostring(L, -1));
  const std::uint64_t bytes = random_bits();
  std::memcpy(name, &bytes, std::strlen("__mode"));
  lua_pop(L, 1);
}

// Its address is the key of the generator's state in the registry.
constexpr char kGeneratorKey = 0;

// The state of math.random is a userdata that its functions share. It stays alive as long as the
// VM.
void open_math(lua_State* L) {
  open_plain(L, LUA_MATHLIBNAME, luaopen_math);
  lua_getglobal(L, LUA_MATHLIBNAME);
  lua_getfield(L, -1, "random");
  lua_getupvalue(L, -1, 1);
  Vm::of(L).watch_generator(lua_touserdata(L, -1), lua_rawlen(L, -1));
  lua_rawsetp(L, LUA_REGISTRYINDEX, &kGeneratorKey);
  lua_pop(L, 2);
}

}  // namespace

void open_sandbox(lua_State* L) {
  forget_weak_tables(L);
  open_base(L);
  open_coroutine(L);
  open_string(L);
  open_table(L);
  open_os(L);
  open_math(L);
  open_utf8(L);
}

}  // namespace gvm::script
