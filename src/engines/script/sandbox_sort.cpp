// Between two steps, and while the comparator runs, other sessions get their turn: where it stands
// is kept in a userdata, and nothing here has a destructor.
#include "script/sandbox_sort.h"

#include <algorithm>
#include <climits>
#include <cstdint>
#include <lua.hpp>
#include <new>
#include <utility>

#include "script/vm.h"

namespace gvm::script {

namespace {

// Stack: 1 the list, 2 the comparator or nil, 3 and 4 two tables merged back and forth, 5 the Sort.
constexpr int kList = 1;
constexpr int kLess = 2;
constexpr int kFirstTable = 3;
constexpr int kSort = 5;

constexpr lua_Unsigned kStepsAPiece = 256;
constexpr lua_Unsigned kBytesAStep = 256;  // of two strings that are compared

enum class Next : std::uint8_t { step, compare, end };

// Merges runs of `width` elements into runs of twice as many, until one is left. All that is true
// of a step is in here. Trivially destructible.
class Sort {
 public:
  explicit Sort(lua_Integer size) : size_(size) {}

  // One step, or none and the two elements to be compared: then they are on top of the stack, the
  // right one below the left one.
  Next take(lua_State* L);
  // Whether the right one of the two comes first.
  void answer(lua_State* L, bool right_first);

  void count(lua_Unsigned steps) { steps_ += steps; }
  bool is_piece_done() const { return steps_ >= kStepsAPiece; }
  void begin_piece() { steps_ = 0; }

 private:
  enum class Phase : std::uint8_t { read, open, compare_runs, merge, compare_heads, write };

  Next read(lua_State* L);
  Next open(lua_State* L);
  Next merge(lua_State* L);
  Next write(lua_State* L);
  Next ask(lua_State* L, lua_Integer right, lua_Integer left) const;
  void copy(lua_State* L, lua_Integer source);
  void end_pass();

  Phase phase_ = Phase::read;
  bool in_order_ = false;  // the two runs are
  int from_ = kFirstTable;
  int to_ = kFirstTable + 1;
  lua_Unsigned steps_ = 0;
  lua_Integer size_;
  lua_Integer at_ = 1;  // of reading and writing
  lua_Integer width_ = 1;
  lua_Integer low_ = 1;
  lua_Integer middle_ = 0;  // where the right run begins
  lua_Integer high_ = 0;    // behind it
  lua_Integer left_ = 0;
  lua_Integer right_ = 0;
  lua_Integer target_ = 0;
};

Next Sort::take(lua_State* L) {
  ++steps_;
  switch (phase_) {
    case Phase::read:
      return read(L);
    case Phase::open:
      return open(L);
    case Phase::write:
      return write(L);
    default:
      return merge(L);
  }
}

Next Sort::read(lua_State* L) {
  lua_geti(L, kList, at_);
  lua_rawseti(L, from_, at_);
  if (++at_ > size_) phase_ = Phase::open;
  return Next::step;
}

// Two runs already in order cost one comparison: sorted input is linear.
Next Sort::open(lua_State* L) {
  if (low_ > size_) {
    end_pass();
    return Next::step;
  }
  middle_ = std::min(low_ + width_, size_ + 1);
  high_ = std::min(middle_ + width_, size_ + 1);
  left_ = target_ = low_;
  right_ = middle_;
  in_order_ = right_ >= high_;
  phase_ = in_order_ ? Phase::merge : Phase::compare_runs;
  return in_order_ ? Next::step : ask(L, middle_, middle_ - 1);
}

void Sort::end_pass() {
  std::swap(from_, to_);
  width_ *= 2;
  low_ = 1;
  if (width_ < size_) return;
  phase_ = Phase::write;
  at_ = 1;
}

Next Sort::merge(lua_State* L) {
  if (target_ == high_) {
    low_ += 2 * width_;
    phase_ = Phase::open;
  } else if (left_ >= middle_) {
    copy(L, right_++);
  } else if (right_ >= high_ || in_order_) {
    copy(L, left_++);
  } else {
    phase_ = Phase::compare_heads;
    return ask(L, right_, left_);
  }
  return Next::step;
}

Next Sort::write(lua_State* L) {
  lua_rawgeti(L, from_, at_);
  lua_seti(L, kList, at_);
  return ++at_ > size_ ? Next::end : Next::step;
}

Next Sort::ask(lua_State* L, lua_Integer right, lua_Integer left) const {
  lua_rawgeti(L, from_, right);
  lua_rawgeti(L, from_, left);
  return Next::compare;
}

void Sort::answer(lua_State* L, bool right_first) {
  if (phase_ == Phase::compare_runs)
    in_order_ = !right_first;
  else
    copy(L, right_first ? right_++ : left_++);
  phase_ = Phase::merge;
}

void Sort::copy(lua_State* L, lua_Integer source) {
  lua_rawgeti(L, from_, source);
  lua_rawseti(L, to_, target_++);
}

Sort& sort_of(lua_State* L) {
  return *static_cast<Sort*>(lua_touserdata(L, kSort));
}

// Below the two values on top: what compares them by a call that may be interrupted. False when
// Lua compares them itself.
bool push_comparator(lua_State* L) {
  const int left = lua_type(L, -1);
  const int right = lua_type(L, -2);
  if (!lua_isnil(L, kLess)) {
    lua_pushvalue(L, kLess);
  } else if (left == right && (left == LUA_TNUMBER || left == LUA_TSTRING)) {
    return false;
  } else if (luaL_getmetafield(L, -2, "__lt") == LUA_TNIL &&
             luaL_getmetafield(L, -1, "__lt") == LUA_TNIL) {
    return false;
  }
  lua_insert(L, -3);
  return true;
}

// Of the two values on top, which it takes away.
bool is_less(lua_State* L, Sort& sort) {
  if (lua_type(L, -1) == LUA_TSTRING && lua_type(L, -2) == LUA_TSTRING)
    sort.count(std::min(lua_rawlen(L, -1), lua_rawlen(L, -2)) / kBytesAStep);
  const bool less = lua_compare(L, -2, -1, LUA_OPLT) != 0;
  lua_pop(L, 2);
  return less;
}

void take_answer(lua_State* L, Sort& sort) {
  const bool less = lua_toboolean(L, -1) != 0;
  lua_pop(L, 1);
  sort.answer(L, less);
}

int run(lua_State* L);

int go_on_after_call(lua_State* L, int, lua_KContext) {
  take_answer(L, sort_of(L));
  return run(L);
}

int go_on(lua_State* L, int, lua_KContext) {
  return run(L);
}

int run(lua_State* L) {
  Sort& sort = sort_of(L);
  for (Next next = Next::step; next != Next::end;) {
    if (sort.is_piece_done()) {
      sort.begin_piece();
      if (Vm::of(L).must_pause(L)) return Vm::pause(L, 0, go_on);
    }
    next = sort.take(L);
    if (next != Next::compare) continue;
    if (push_comparator(L)) {
      lua_callk(L, 2, 1, 0, go_on_after_call);
      take_answer(L, sort);
    } else {
      sort.answer(L, is_less(L, sort));
    }
  }
  return 0;
}

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
  new (lua_newuserdatauv(L, sizeof(Sort), 0)) Sort(size);
  return run(L);
}

}  // namespace gvm::script
