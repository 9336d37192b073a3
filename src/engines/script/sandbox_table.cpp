// table.* whose loops look at the clock, which Lua's own never would, with a __len of 2^62 either.
// Nothing here has a destructor: a pause jumps over these frames.
#include <cstddef>
#include <lua.hpp>

#include "base/size.h"
#include "script/sandbox.h"
#include "script/sandbox_sort.h"
#include "script/sandbox_writer.h"
#include "script/vm.h"

namespace gvm::script {

namespace {

constexpr lua_Integer kStepsAPiece = 512;

// After step number `i`: whether its function must pause now.
bool must_pause_after(lua_State* L, lua_Integer i) {
  return i % kStepsAPiece == 0 && Vm::of(L).must_pause(L);
}

// Tables, or what has the metamethods to act as one.
void check_list(lua_State* L, int index) {
  if (lua_istable(L, index)) return;
  const bool acts = luaL_getmetafield(L, index, "__index") != LUA_TNIL;
  if (acts) lua_pop(L, 1);
  if (!acts) luaL_checktype(L, index, LUA_TTABLE);
}

void move_element(lua_State* L, int from_table, lua_Integer from, int to_table, lua_Integer to) {
  lua_geti(L, from_table, from);
  lua_seti(L, to_table, to);
}

// Moves up the elements from `i` - 1 down to the place of the new one.
int insert_from(lua_State* L, int, lua_KContext i) {
  for (const lua_Integer at = lua_tointeger(L, 2); i > at; --i) {
    move_element(L, 1, i - 1, 1, i);
    if (must_pause_after(L, i)) return Vm::pause(L, i - 1, insert_from);
  }
  lua_seti(L, 1, i);
  return 0;
}

int insert(lua_State* L) {
  check_list(L, 1);
  const lua_Integer end = luaL_intop(+, luaL_len(L, 1), 1);
  if (lua_gettop(L) == 2) return lua_seti(L, 1, end), 0;
  if (lua_gettop(L) != 3) return luaL_error(L, "wrong number of arguments to 'insert'");
  const lua_Integer at = luaL_checkinteger(L, 2);
  luaL_argcheck(L, static_cast<lua_Unsigned>(at) - 1U < static_cast<lua_Unsigned>(end), 2,
                "position out of bounds");
  return insert_from(L, LUA_OK, end);
}

// Stack: list, size, the removed value. Moves down the elements behind `at`.
int remove_from(lua_State* L, int, lua_KContext at) {
  for (const lua_Integer size = lua_tointeger(L, 2); at < size; ++at) {
    move_element(L, 1, at + 1, 1, at);
    if (must_pause_after(L, at)) return Vm::pause(L, at + 1, remove_from);
  }
  lua_pushnil(L);
  lua_seti(L, 1, at);
  return 1;
}

int remove(lua_State* L) {
  check_list(L, 1);
  const lua_Integer size = luaL_len(L, 1);
  const lua_Integer at = luaL_optinteger(L, 2, size);
  if (at != size) {
    luaL_argcheck(L, static_cast<lua_Unsigned>(at) - 1U <= static_cast<lua_Unsigned>(size), 2,
                  "position out of bounds");
  }
  lua_settop(L, 1);
  lua_pushinteger(L, size);
  lua_geti(L, 1, at);
  return remove_from(L, LUA_OK, at);
}

// Stack: source, first, last, to, target. `i` elements are moved already.
int move_from(lua_State* L, int, lua_KContext i) {
  const lua_Integer first = lua_tointeger(L, 2);
  const lua_Integer last = lua_tointeger(L, 3);
  const lua_Integer to = lua_tointeger(L, 4);
  const lua_Integer count = last - first + 1;
  const bool overlaps = to > first && to <= last && lua_rawequal(L, 1, 5) != 0;
  for (; i < count; ++i) {
    const lua_Integer k = overlaps ? count - 1 - i : i;
    move_element(L, 1, first + k, 5, to + k);
    if (must_pause_after(L, i)) return Vm::pause(L, i + 1, move_from);
  }
  return 1;
}

// table.move(from, first, last, to [, target])
int move(lua_State* L) {
  const lua_Integer first = luaL_checkinteger(L, 2);
  const lua_Integer last = luaL_checkinteger(L, 3);
  const lua_Integer to = luaL_checkinteger(L, 4);
  const int target = lua_isnoneornil(L, 5) ? 1 : 5;
  check_list(L, 1);
  check_list(L, target);
  lua_settop(L, 5);
  lua_pushvalue(L, target);
  lua_replace(L, 5);
  if (last < first) return 1;
  luaL_argcheck(L, first > 0 || last < LUA_MAXINTEGER + first, 3, "too many elements to move");
  luaL_argcheck(L, to <= LUA_MAXINTEGER - (last - first + 1) + 1, 4, "destination wrap around");
  return move_from(L, LUA_OK, 0);
}

// Stack of concat: list, separator, first, last, the TextWriter.
constexpr int kSeparator = 2;
constexpr int kWriter = 5;
constexpr std::size_t kBytesAPiece = 256 * kKiB;

std::size_t add_element(lua_State* L, TextWriter& out, lua_Integer index) {
  lua_geti(L, 1, index);
  if (lua_isstring(L, -1) == 0) {
    luaL_error(L, "invalid value (%s) at index %I in table for 'concat'", luaL_typename(L, -1),
               (LUAI_UACINT)index);
  }
  std::size_t size = 0;
  const char* text = lua_tolstring(L, -1, &size);
  out.append({text, size});
  lua_pop(L, 1);
  return size;
}

// The elements from `i` to the last, which is at least `i`.
int concat_from(lua_State* L, int, lua_KContext i) {
  std::size_t size = 0;
  const char* between = lua_tolstring(L, kSeparator, &size);
  const lua_Integer last = lua_tointeger(L, 4);
  TextWriter out(L, kWriter);
  std::size_t bytes = 0;
  for (; i < last; ++i) {
    bytes += add_element(L, out, i) + size;
    out.append({between, size});
    const bool many = bytes >= kBytesAPiece;
    if (many) bytes = 0;
    const bool pauses = many ? Vm::of(L).must_pause(L) : must_pause_after(L, i);
    if (pauses) return Vm::pause(L, i + 1, concat_from);
  }
  add_element(L, out, last);
  out.push_text();
  return 1;
}

int concat(lua_State* L) {
  check_list(L, 1);
  luaL_optlstring(L, kSeparator, "", nullptr);
  const lua_Integer first = luaL_optinteger(L, 3, 1);
  const lua_Integer last = lua_isnoneornil(L, 4) ? luaL_len(L, 1) : luaL_checkinteger(L, 4);
  if (first > last) return lua_pushliteral(L, ""), 1;
  lua_settop(L, kSeparator);
  if (lua_isnil(L, kSeparator)) {
    lua_pushliteral(L, "");
    lua_replace(L, kSeparator);
  }
  lua_pushinteger(L, first);
  lua_pushinteger(L, last);
  TextWriter::push_new(L);
  return concat_from(L, LUA_OK, first);
}

constexpr luaL_Reg kReplaced[] = {{"insert", insert}, {"remove", remove},   {"move", move},
                                  {"concat", concat}, {"sort", sort_table}, {nullptr, nullptr}};

}  // namespace

void open_table(lua_State* L) {
  lua_pushcfunction(L, luaopen_table);
  lua_call(L, 0, 1);
  luaL_setfuncs(L, kReplaced, 0);
  lua_setglobal(L, LUA_TABLIBNAME);
}

}  // namespace gvm::script
