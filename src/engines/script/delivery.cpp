#include "script/delivery.h"

#include <lua.hpp>
#include <memory>
#include <new>
#include <utility>

#include "script/off_lane.h"
#include "script/pusher.h"
#include "script/vm.h"

namespace gvm::script {

namespace {

constexpr const char* kMetatable = "gvm.delivery";

struct Box {
  Value owned;
  const Value* value;  // that one, or somebody else's
  Pusher pusher;
  std::size_t charged;
};

Box& box_at(lua_State* L, int index) {
  return *static_cast<Box*>(lua_touserdata(L, index));
}

// Not left to the collector: taking many values apart takes as long as making them.
[[gnu::noinline]] void release(lua_State* L, Box& box) {
  const std::size_t bytes = std::exchange(box.charged, 0);
  Vm::of(L).discharge(bytes);
  drop_value(std::exchange(box.owned, Value()), bytes);
}

int discard(lua_State* L) {
  Box& box = box_at(L, 1);
  release(L, box);
  std::destroy_at(&box);
  return 0;
}

int push_on(lua_State* L, int, lua_KContext index) {
  Box& box = box_at(L, static_cast<int>(index));
  while (box.pusher.push_some(L, *box.value)) {
    if (Vm::of(L).must_pause(L)) return Vm::pause(L, index, push_on);
  }
  release(L, box);
  return 1;
}

Box& push_box(lua_State* L) {
  luaL_checkstack(L, 8, nullptr);
  if (luaL_newmetatable(L, kMetatable) != 0) {
    lua_pushcfunction(L, discard);
    lua_setfield(L, -2, "__gc");
  }
  auto* box = new (lua_newuserdatauv(L, sizeof(Box), 0)) Box{Value(), nullptr, Pusher(), 0};
  lua_insert(L, -2);
  lua_setmetatable(L, -2);
  return *box;
}

}  // namespace

void begin_delivery(lua_State* L, Value value, std::size_t bytes) {
  Box& box = push_box(L);
  box.owned = std::move(value);
  box.value = &box.owned;
  box.charged = bytes;
}

void begin_delivery_of(lua_State* L, const Value& value) {
  push_box(L).value = &value;
}

int run_delivery(lua_State* L) {
  return push_on(L, LUA_OK, lua_gettop(L));
}

}  // namespace gvm::script
