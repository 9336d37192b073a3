// table.* whose loops look at the clock: with a __len of 2^62, or a comparator written in C, Lua's
// own never would.
#include <algorithm>
#include <lua.hpp>

#include "script/sandbox.h"
#include "script/sandbox_sort.h"
#include "script/vm.h"

namespace gvm::script {

namespace {

class Steps {
 public:
  explicit Steps(lua_State* L) : L_(L) {}
  void take() {
    if ((++count_ & kMask) == 0) Vm::of(L_).check_cpu(L_);
  }

 private:
  static constexpr unsigned kMask = 1024 - 1;
  lua_State* L_;
  unsigned count_ = 0;
};

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

int insert(lua_State* L) {
  check_list(L, 1);
  const lua_Integer end = luaL_intop(+, luaL_len(L, 1), 1);
  if (lua_gettop(L) == 2) return lua_seti(L, 1, end), 0;
  if (lua_gettop(L) != 3) return luaL_error(L, "wrong number of arguments to 'insert'");
  const lua_Integer at = luaL_checkinteger(L, 2);
  luaL_argcheck(L, static_cast<lua_Unsigned>(at) - 1U < static_cast<lua_Unsigned>(end), 2,
                "position out of bounds");
  Steps steps(L);
  for (lua_Integer i = end; i > at; --i, steps.take()) move_element(L, 1, i - 1, 1, i);
  lua_seti(L, 1, at);
  return 0;
}

int remove(lua_State* L) {
  check_list(L, 1);
  const lua_Integer size = luaL_len(L, 1);
  lua_Integer at = luaL_optinteger(L, 2, size);
  if (at != size) {
    luaL_argcheck(L, static_cast<lua_Unsigned>(at) - 1U <= static_cast<lua_Unsigned>(size), 2,
                  "position out of bounds");
  }
  lua_geti(L, 1, at);
  Steps steps(L);
  for (; at < size; ++at, steps.take()) move_element(L, 1, at + 1, 1, at);
  lua_pushnil(L);
  lua_seti(L, 1, at);
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
  if (last >= first) {
    luaL_argcheck(L, first > 0 || last < LUA_MAXINTEGER + first, 3, "too many elements to move");
    const lua_Integer count = last - first + 1;
    luaL_argcheck(L, to <= LUA_MAXINTEGER - count + 1, 4, "destination wrap around");
    const bool overlaps = to > first && to <= last && lua_rawequal(L, 1, target) != 0;
    Steps steps(L);
    for (lua_Integer i = 0; i < count; ++i, steps.take()) {
      const lua_Integer k = overlaps ? count - 1 - i : i;
      move_element(L, 1, first + k, target, to + k);
    }
  }
  lua_pushvalue(L, target);
  return 1;
}

void add_element(lua_State* L, luaL_Buffer* out, lua_Integer index) {
  lua_geti(L, 1, index);
  if (lua_isstring(L, -1) == 0) {
    luaL_error(L, "invalid value (%s) at index %I in table for 'concat'", luaL_typename(L, -1),
               (LUAI_UACINT)index);
  }
  luaL_addvalue(out);
}

int concat(lua_State* L) {
  check_list(L, 1);
  std::size_t size = 0;
  const char* between = luaL_optlstring(L, 2, "", &size);
  const lua_Integer first = luaL_optinteger(L, 3, 1);
  const lua_Integer last = lua_isnoneornil(L, 4) ? luaL_len(L, 1) : luaL_checkinteger(L, 4);
  luaL_Buffer out;
  luaL_buffinit(L, &out);
  Steps steps(L);
  for (lua_Integer i = first; i < last; ++i, steps.take()) {
    add_element(L, &out, i);
    luaL_addlstring(&out, between, size);
  }
  if (first <= last) add_element(L, &out, last);
  luaL_pushresult(&out);
  return 1;
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
