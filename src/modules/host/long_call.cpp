#include "host/long_call.h"

#include <lua.hpp>
#include <new>
#include <utility>

#include "base/error_codes.h"
#include "script/codes.h"
#include "script/convert.h"
#include "script/error.h"
#include "script/off_lane.h"
#include "script/pusher.h"
#include "script/session.h"

namespace gvm::host {

namespace {

using script::Vm;

constexpr const char* kMetatable = "gvm.long_call";

struct Box {
  std::string_view name;
  std::unique_ptr<LongWork> work;
  Delivery delivery;
  Value result;
  script::Pusher pusher;
  std::size_t charged = 0;
};

Box& box_at(lua_State* L, int index) {
  return *static_cast<Box*>(lua_touserdata(L, index));
}

// Not left to the collector. Taking many values apart takes as long as making them.
[[gnu::noinline]] void release(lua_State* L, Box& box) {
  Value result = std::exchange(box.result, Value());
  const std::size_t bytes = std::exchange(box.charged, 0);
  Vm::of(L).discharge(bytes);
  script::drop_value(std::move(result), bytes);
}

int discard(lua_State* L) {
  Box& box = box_at(L, 1);
  release(L, box);
  std::destroy_at(&box);
  return 0;
}

Error internal_error(const Box& box, const char* what) {
  return Error(codes::kInternal, Fatality::fatal, std::string(box.name) + ": " + what);
}

// Exceptions of C++ libraries must not reach Lua's frames.
std::optional<Result<Value>> attempt(Box& box, LongWork::Patience patience) {
  try {
    return box.work->attempt(patience);
  } catch (const std::exception& exception) {
    return Result<Value>(fail(internal_error(box, exception.what())));
  }
}

void keep(lua_State* L, Box& box, Result<Value> result) {
  box.work.reset();
  if (!result) script::raise(L, std::move(result.error()));
  box.result = std::move(*result);
  const std::size_t bytes = script::owned_footprint(box.result);
  Vm::of(L).charge(L, bytes);
  box.charged = bytes;
}

// Of the other thread, counted and charged already.
void keep_completed(lua_State* L, Box& box) {
  auto& session = Vm::of(L).session();
  Result<Value> result = session.take_completed();
  if (!result) script::raise(L, std::move(result.error()));
  box.result = std::move(*result);
  box.charged = session.completed_bytes();
  session.hand_over_completed();
}

void send_elsewhere(lua_State* L, Box& box) {
  auto& vm = Vm::of(L);
  const std::size_t bytes = box.work->copied_bytes();
  vm.charge(L, bytes);
  std::optional<Error> refused;
  try {
    vm.session().park(script::run_off_lane(vm, box.work->elsewhere()), bytes);
    box.work.reset();
  } catch (const std::exception& exception) {
    refused.emplace(internal_error(box, exception.what()));
  }
  if (!refused) return;
  vm.discharge(bytes);
  script::raise(L, std::move(*refused));
}

// Whether it finished; else it is parked.
[[gnu::noinline]] bool start(lua_State* L) {
  Box& box = box_at(L, -1);
  const bool waits = Vm::of(L).session().can_wait(L);
  using Patience = LongWork::Patience;
  auto result = attempt(box, waits ? Patience::little : Patience::much);
  if (result) {
    keep(L, box, std::move(*result));
    Vm::of(L).look(L);
    return true;
  }
  if (!waits) {
    script::raise(L, Error(codes::kScriptCannotWait, Fatality::fatal,
                           std::string(box.name) +
                               " waits with so much to do, which is not possible here: inside a "
                               "coroutine, a metamethod called from C, or at the script's top "
                               "level"));
  }
  send_elsewhere(L, box);
  return false;
}

int go_on_pushing(lua_State* L, int, lua_KContext index);

// Nothing here has a destructor: the pause jumps over this frame.
int push_result(lua_State* L, int index) {
  Box& box = box_at(L, index);
  while (box.pusher.push_some(L, box.result)) {
    if (Vm::of(L).must_pause(L)) return Vm::pause(L, index, go_on_pushing);
  }
  release(L, box);
  return 1;
}

int go_on_pushing(lua_State* L, int, lua_KContext index) {
  return push_result(L, static_cast<int>(index));
}

int deliver(lua_State* L) {
  const int index = lua_gettop(L);
  const Delivery delivery = box_at(L, index).delivery;
  return delivery != nullptr ? delivery(L, index) : push_result(L, index);
}

[[gnu::noinline]] void take_result(lua_State* L) {
  keep_completed(L, box_at(L, -1));
}

int go_on_after_waiting(lua_State* L, int, lua_KContext) {
  take_result(L);
  return deliver(L);
}

}  // namespace

void begin_long_call(lua_State* L, std::string_view name, std::unique_ptr<LongWork> work,
                     Delivery delivery) {
  luaL_checkstack(L, 8, nullptr);
  if (luaL_newmetatable(L, kMetatable) != 0) {
    lua_pushcfunction(L, discard);
    lua_setfield(L, -2, "__gc");
  }
  new (lua_newuserdatauv(L, sizeof(Box), 0))
      Box{name, std::move(work), delivery, Value(), script::Pusher(), 0};
  lua_insert(L, -2);
  lua_setmetatable(L, -2);
}

int run_long_call(lua_State* L) {
  if (start(L)) return deliver(L);
  return Vm::yield(L, 0, 0, go_on_after_waiting);
}

const Value& result_of_long_call(lua_State* L, int index) {
  return box_at(L, index).result;
}

}  // namespace gvm::host
