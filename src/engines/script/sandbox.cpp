#include "script/sandbox.h"

#include <sys/random.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <lua.hpp>
#include <utility>

namespace gvm::script {

namespace {

void open_plain(lua_State* L, const char* name, lua_CFunction open) {
  lua_pushcfunction(L, open);
  lua_pushstring(L, name);
  lua_call(L, 1, 1);
  lua_setglobal(L, name);
}

// Drawn ahead: a system call, or the processor's random instruction, for every Lua state would cost
// more than many of the functions that are opened in it.
std::uint64_t random_bits(lua_State* L) {
  thread_local std::array<std::uint64_t, 32> drawn{};  // 256 bytes come in one piece (getrandom(2))
  thread_local std::size_t left = 0;
  if (left == 0) {
    if (::getrandom(drawn.data(), sizeof drawn, 0) != sizeof drawn)
      luaL_error(L, "there are no random numbers");
    left = drawn.size();
  }
  return std::exchange(drawn[--left], 0);
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
  const std::uint64_t bytes = random_bits(L);
  std::memcpy(name, &bytes, std::strlen("__mode"));
  lua_pop(L, 1);
}

}  // namespace

void open_sandbox(lua_State* L) {
  forget_weak_tables(L);
  open_base(L);
  open_coroutine(L);
  open_string(L);
  open_table(L);
  open_os(L);
  open_plain(L, LUA_MATHLIBNAME, luaopen_math);
  open_utf8(L);
}

}  // namespace gvm::script
