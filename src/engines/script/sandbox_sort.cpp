#include "script/sandbox_sort.h"

#include <algorithm>
#include <climits>
#include <lua.hpp>

#include "script/vm.h"

namespace gvm::script {

namespace {

// Stack: 1 the list, 2 the comparator or nil, 3 and 4 two tables merged back and forth.
constexpr int kList = 1;
constexpr int kLess = 2;

class Sorter {
 public:
  Sorter(lua_State* L, lua_Integer size) : L_(L), size_(size) {}

  void run() {
    for (lua_Integer i = 1; i <= size_; ++i) {
      step();
      lua_geti(L_, kList, i);
      lua_rawseti(L_, from_, i);
    }
    for (lua_Integer width = 1; width < size_; width *= 2) {
      for (lua_Integer low = 1; low <= size_; low += 2 * width) merge(low, width);
      std::swap(from_, to_);
    }
    for (lua_Integer i = 1; i <= size_; ++i) {
      step();
      lua_rawgeti(L_, from_, i);
      lua_seti(L_, kList, i);
    }
  }

 private:
  void step() {
    if ((++steps_ & 255U) == 0) Vm::of(L_).check_cpu(L_);
  }

  // The two values on top, in order of pushing.
  bool top_is_less() {
    step();
    bool less = false;
    if (lua_isnil(L_, kLess)) {
      less = lua_compare(L_, -2, -1, LUA_OPLT) != 0;
    } else {
      lua_pushvalue(L_, kLess);
      lua_pushvalue(L_, -3);
      lua_pushvalue(L_, -3);
      lua_call(L_, 2, 1);
      less = lua_toboolean(L_, -1) != 0;
      lua_pop(L_, 1);
    }
    lua_pop(L_, 2);
    return less;
  }

  bool right_first(lua_Integer left, lua_Integer right) {
    lua_rawgeti(L_, from_, right);
    lua_rawgeti(L_, from_, left);
    return top_is_less();
  }

  void copy(lua_Integer source, lua_Integer target) {
    step();
    lua_rawgeti(L_, from_, source);
    lua_rawseti(L_, to_, target);
  }

  void merge(lua_Integer low, lua_Integer width) {
    const lua_Integer middle = std::min(low + width, size_ + 1);
    const lua_Integer high = std::min(middle + width, size_ + 1);
    lua_Integer left = low;
    lua_Integer right = middle;
    // Two runs already in order cost one comparison: sorted input is linear.
    const bool in_order = right >= high || !right_first(middle - 1, middle);
    for (lua_Integer target = low; target < high; ++target) {
      const bool take_right =
          left >= middle || (right < high && !in_order && right_first(left, right));
      copy(take_right ? right++ : left++, target);
    }
  }

  lua_State* L_;
  lua_Integer size_;
  int from_ = 3;
  int to_ = 4;
  unsigned steps_ = 0;
};

}  // namespace

int sort_table(lua_State* L) {
  if (!lua_istable(L, kList) && luaL_getmetafield(L, kList, "__index") == LUA_TNIL) {
    luaL_checktype(L, kList, LUA_TTABLE);
  }
  const lua_Integer size = luaL_len(L, kList);
  if (!lua_isnoneornil(L, kLess)) luaL_checktype(L, kLess, LUA_TFUNCTION);
  lua_settop(L, 2);
  if (size < 2) return 0;
  luaL_argcheck(L, size < INT_MAX, kList, "array too big");
  lua_createtable(L, static_cast<int>(size), 0);
  lua_createtable(L, static_cast<int>(size), 0);
  Sorter sorter(L, size);
  sorter.run();
  return 0;
}

}  // namespace gvm::script
