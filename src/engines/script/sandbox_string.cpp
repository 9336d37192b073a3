#include <algorithm>
#include <cstring>
#include <lua.hpp>
#include <string_view>

#include "base/size.h"
#include "script/sandbox.h"
#include "script/sandbox_bytes.h"
#include "script/sandbox_pattern.h"
#include "script/vm.h"

namespace gvm::script {

namespace {

constexpr std::size_t kPiece = 256 * kKiB;

// Appends the first `size` bytes of what is at `to` to itself, until there are `total`.
void repeat_in_place(char* to, std::size_t size, std::size_t total) {
  for (std::size_t done = std::min(size, total); done < total;) {
    const std::size_t piece = std::min(done, total - done);
    std::memcpy(to + done, to, piece);
    done += piece;
  }
}

// `unit` is on top: pushes as many of it, one behind the other, as make `total` bytes. Lua writes
// them side by side into the result, which is then the only long string.
void push_repeated(lua_State* L, std::size_t unit, std::size_t total) {
  const std::size_t size = std::max<std::size_t>(kPiece / unit, 1) * unit;
  if (size > unit) {
    const char* text = lua_tostring(L, -1);
    luaL_Buffer piece;
    char* to = luaL_buffinitsize(L, &piece, size);
    std::memcpy(to, text, unit);
    repeat_in_place(to, unit, size);
    luaL_pushresultsize(&piece, size);
  } else {
    lua_pushvalue(L, -1);
  }
  const auto pieces = static_cast<int>(total / size);
  luaL_checkstack(L, pieces + 2, "resulting string too large");
  for (int i = 1; i < pieces; ++i) lua_pushvalue(L, -1);
  lua_pushlstring(L, lua_tostring(L, -1), total % size);
  lua_concat(L, pieces + 1);
}

// Lua's rep copies n times even when there is nothing to copy, and one byte at a time when that is
// the string.
int repeat(lua_State* L) {
  std::size_t size = 0;
  std::size_t between_size = 0;
  const char* text = luaL_checklstring(L, 1, &size);
  const lua_Integer n = luaL_checkinteger(L, 2);
  const char* between = luaL_optlstring(L, 3, "", &between_size);
  const std::size_t unit = size + between_size;
  if (n <= 0 || unit == 0) return lua_pushliteral(L, ""), 1;
  if (static_cast<lua_Unsigned>(n) > Vm::of(L).limits().memory_bytes / unit + 1) {
    return luaL_error(L, "resulting string too large");
  }
  const std::size_t total = unit * static_cast<std::size_t>(n) - between_size;
  if (total >= 2 * kPiece && total >= 2 * unit) {
    lua_pushvalue(L, 1);
    if (between_size > 0) lua_pushvalue(L, 3);
    if (between_size > 0) lua_concat(L, 2);
    push_repeated(L, unit, total);
    return 1;
  }
  luaL_Buffer out;
  char* to = luaL_buffinitsize(L, &out, total);
  std::memcpy(to, text, size);
  if (total > size) std::memcpy(to + size, between, between_size);
  repeat_in_place(to, unit, total);
  luaL_pushresultsize(&out, total);
  return 1;
}

// %q takes 130 ns for a control character.
constexpr std::size_t kLongestQuoted = 256 * kKiB;

void check_quoted(lua_State* L, std::string_view format) {
  if (format.find('q') == std::string_view::npos) return;
  std::size_t bytes = 0;
  for (int i = lua_gettop(L); i > 1; --i) {
    if (lua_type(L, i) == LUA_TSTRING) bytes += lua_rawlen(L, i);
    if (bytes > kLongestQuoted) luaL_argerror(L, i, "string too long for '%q'");
  }
}

// Upvalue 1 is Lua's function, which walks its format without looking at the clock.
int with_bounded_format(lua_State* L) {
  std::size_t size = 0;
  const char* format = luaL_checklstring(L, 1, &size);
  luaL_argcheck(L, size <= Vm::of(L).limits().format_bytes, 1, "format too long");
  check_quoted(L, {format, size});
  // In the same frame, so that messages name the function and the line.
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

// One metatable serves every string of the VM, also ours.
void protect_metatable(lua_State* L) {
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 2);
}

// utf8's functions walk a string without looking at the clock, at up to 3 ns a byte.
constexpr lua_Unsigned kLongestUtf8 = 8 * kMiB;

int with_bounded_text(lua_State* L) {
  const bool is_long = lua_type(L, 1) == LUA_TSTRING && lua_rawlen(L, 1) > kLongestUtf8;
  luaL_argcheck(L, !is_long, 1, "string too long");
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

}  // namespace

void open_utf8(lua_State* L) {
  lua_pushcfunction(L, luaopen_utf8);
  lua_call(L, 0, 1);
  for (const char* name : {"len", "offset", "codepoint", "codes"}) {
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, with_bounded_text, 1);
    lua_setfield(L, -2, name);
  }
  lua_setglobal(L, LUA_UTF8LIBNAME);
}

void open_string(lua_State* L) {
  lua_pushcfunction(L, luaopen_string);
  lua_call(L, 0, 1);
  lua_pushnil(L);
  lua_setfield(L, -2, "dump");
  lua_pushcfunction(L, repeat);
  lua_setfield(L, -2, "rep");
  for (const char* name : {"format", "pack", "packsize", "unpack"}) {
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, with_bounded_format, 1);
    lua_setfield(L, -2, name);
  }
  set_byte_functions(L);
  set_pattern_functions(L);
  protect_metatable(L);
  lua_setglobal(L, LUA_STRLIBNAME);
}

}  // namespace gvm::script
