#include "script/host_call.h"

#include <exception>
#include <lua.hpp>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "base/error_codes.h"
#include "base/size.h"
#include "script/codes.h"
#include "script/convert.h"
#include "script/delivery.h"
#include "script/error.h"
#include "script/off_lane.h"
#include "script/session.h"

namespace gvm::script {

namespace {

const HostFunction& row_of(lua_State* L) {
  return *static_cast<const HostFunction*>(lua_touserdata(L, lua_upvalueindex(1)));
}

std::string name_of(const HostFunction& row) {
  return std::string(row.library) + "." + std::string(row.name);
}

// What the host gets of the session's own ctx, which may hold anything, functions too; more of it
// is in Session::ctx_fields.
Result<Value> read_ctx(lua_State* L, int index, const HostFunction& row, ReadBudget& budget) {
  if (row.ctx_field.empty()) return Value::null();
  luaL_checkstack(L, 4, nullptr);
  lua_pushlstring(L, row.ctx_field.data(), row.ctx_field.size());
  lua_rawget(L, index);
  Result<Value> field = to_value(L, -1, budget);
  lua_pop(L, 1);
  if (!field) return field;
  Value::Map map;
  map.set(row.ctx_field, field->is_null() ? Value::boolean(false) : std::move(*field));
  return Value::map(std::move(map));
}

// `bytes`: what they take outside of Lua.
HostFunction::Args read_arguments(lua_State* L, const HostFunction& row, std::size_t* bytes) {
  Vm::of(L).note_outside();
  const SessionImpl& session = Vm::of(L).session();
  ReadBudget budget = ReadBudget::of(L);
  const std::size_t before = budget.bytes;
  HostFunction::Args arguments;
  const int count = lua_gettop(L);
  arguments.reserve(static_cast<std::size_t>(count));
  for (int i = 1; i <= count; ++i) {
    Result<Value> value =
        session.is_ctx(L, i) ? read_ctx(L, i, row, budget) : to_value(L, i, budget);
    if (!value) {
      raise(L,
            std::move(value.error()).add_cause(name_of(row) + ": argument " + std::to_string(i)));
    }
    arguments.push_back(std::move(*value));
  }
  *bytes = before - budget.bytes;
  return arguments;
}

// Counts memory outside of Lua while it is in scope.
class Charge {
 public:
  Charge(lua_State* L, std::size_t bytes) : vm_(Vm::of(L)), bytes_(bytes) { vm_.charge(L, bytes); }
  ~Charge() { vm_.discharge(bytes_); }
  Charge(const Charge&) = delete;

 private:
  Vm& vm_;
  std::size_t bytes_;
};

Error internal_error(const HostFunction& row, const std::exception& exception) {
  return Error(codes::kInternal, Fatality::fatal, name_of(row) + ": " + exception.what());
}

// Exceptions of C++ libraries must not reach Lua's frames; Lua's own (not a std::exception) must
// pass.
template <class Work>
Result<Value> guarded(const HostFunction& row, Work&& work) {
  try {
    return work();
  } catch (const std::exception& exception) {
    return fail(internal_error(row, exception));
  }
}

int push_result(lua_State* L, const Result<Value>& result) {
  if (!result) raise(L, result.error());
  // "Nothing" is nil to a script, which tests it with `if`; null inside a value stays null.
  if (result->is_null()) return lua_pushnil(L), 1;
  push(L, *result);
  return 1;
}

int push_charged(lua_State* L, Result<Value>& result) {
  const Charge charge(L, result ? owned_footprint(*result) : 0);
  return push_result(L, result);
}

int call_sync(lua_State* L) {
  const HostFunction& row = row_of(L);
  Vm& vm = Vm::of(L);
  std::size_t bytes = 0;
  HostFunction::Args arguments = read_arguments(L, row, &bytes);
  const Charge charge(L, bytes);
  Result<Value> result = guarded(row, [&] {
    return std::get<HostFunction::Sync>(row.implementation)(vm.session(), arguments);
  });
  vm.look(L);
  return push_charged(L, result);
}

// Smaller ones are pushed at once: that is most of them.
constexpr std::size_t kPushedAtOnce = 16 * kKiB;

// Whether the result is on top of the stack; else its delivery has begun.
[[gnu::noinline]] bool take_result(lua_State* L) {
  SessionImpl& session = Vm::of(L).session();
  Result<Value> result = session.take_completed();
  const std::size_t bytes = session.completed_bytes();
  const bool at_once = !result || bytes <= kPushedAtOnce;
  if (at_once) {
    push_result(L, result);
    session.release_completed();
  } else {
    session.hand_over_completed();
    begin_delivery(L, std::move(*result), bytes);
  }
  return at_once;
}

// Nothing here has a destructor: a pause jumps over this frame.
int finish_async(lua_State* L, int, lua_KContext) {
  return take_result(L) ? 1 : run_delivery(L);
}

Error cannot_wait(const HostFunction& row, std::string_view what) {
  return Error(codes::kScriptCannotWait, Fatality::fatal,
               name_of(row) + " " + std::string(what) +
                   ", which is not possible here: inside a coroutine, a metamethod called from C, "
                   "or at the script's top level");
}

[[gnu::noinline]] void start_async(lua_State* L) {
  const HostFunction& row = row_of(L);
  SessionImpl& session = Vm::of(L).session();
  if (!session.can_wait(L)) raise(L, cannot_wait(row, "waits"));
  std::size_t bytes = 0;
  HostFunction::Args arguments = read_arguments(L, row, &bytes);
  Vm::of(L).charge(L, bytes);
  std::optional<Error> refused;
  try {
    session.park(std::get<HostFunction::Async>(row.implementation)(session, std::move(arguments)),
                 bytes);
  } catch (const std::exception& exception) {
    refused.emplace(internal_error(row, exception));
  }
  if (!refused) return;
  Vm::of(L).discharge(bytes);
  raise(L, std::move(*refused));
}

// Nothing here has a destructor: the yield jumps over this frame.
int call_async(lua_State* L) {
  start_async(L);
  return Vm::yield(L, 0, 0, finish_async);
}

// --- Work in pieces. Its box lies on top of the arguments while it pauses.

constexpr const char* kWorkMetatable = "gvm.work";

struct WorkBox {
  std::unique_ptr<HostFunction::Work> work;
  std::size_t arguments;  // bytes
  std::size_t charged;
};

int discard_work(lua_State* L) {
  auto* box = static_cast<WorkBox*>(lua_touserdata(L, 1));
  Vm::of(L).discharge(box->charged);
  std::destroy_at(box);
  return 0;
}

// Pushes it, empty and charged.
WorkBox& push_work_box(lua_State* L, std::size_t bytes) {
  if (luaL_newmetatable(L, kWorkMetatable) != 0) {
    lua_pushcfunction(L, discard_work);
    lua_setfield(L, -2, "__gc");
  }
  void* memory = lua_newuserdatauv(L, sizeof(WorkBox), 0);
  Vm::of(L).charge(L, bytes);
  auto* box = new (memory) WorkBox{nullptr, bytes, bytes};
  lua_insert(L, -2);
  lua_setmetatable(L, -2);
  return *box;
}

void charge_work(lua_State* L, WorkBox& box) {
  const std::size_t bytes = box.arguments + box.work->bytes();
  if (bytes <= box.charged) return;
  Vm::of(L).charge(L, bytes - box.charged);
  box.charged = bytes;
}

[[gnu::noinline]] WorkBox& start_work(lua_State* L) {
  const HostFunction& row = row_of(L);
  const auto& start = std::get<HostFunction::Sliced>(row.implementation);
  std::size_t bytes = 0;
  HostFunction::Args arguments = read_arguments(L, row, &bytes);
  WorkBox& box = push_work_box(L, bytes);
  std::optional<Error> refused;
  try {
    auto work = start(Vm::of(L).session(), std::move(arguments));
    if (work)
      box.work = std::move(*work);
    else
      refused.emplace(std::move(work.error()));
  } catch (const std::exception& exception) {
    refused.emplace(internal_error(row, exception));
  }
  if (refused) raise(L, std::move(*refused));
  charge_work(L, box);
  return box;
}

[[gnu::noinline]] int finish_work(lua_State* L, WorkBox& box) {
  const Result<Value> result = box.work->finish();
  const int count = push_result(L, result);
  box.work.reset();
  Vm::of(L).discharge(std::exchange(box.charged, 0));
  return count;
}

int go_on_working(lua_State* L, int, lua_KContext);

// Nothing here has a destructor: the pause jumps over this frame.
int work_on(lua_State* L, WorkBox& box) {
  while (box.work->step()) {
    charge_work(L, box);
    if (Vm::of(L).must_pause(L)) return Vm::pause(L, 0, go_on_working);
  }
  Vm::of(L).look(L);
  return finish_work(L, box);
}

int go_on_working(lua_State* L, int, lua_KContext) {
  return work_on(L, *static_cast<WorkBox*>(lua_touserdata(L, -1)));
}

int call_sliced(lua_State* L) {
  return work_on(L, start_work(L));
}

int call_raw(lua_State* L) {
  Vm::of(L).note_outside();
  const int count = std::get<HostFunction::Raw>(row_of(L).implementation)(L);
  Vm::of(L).look(L);
  return count;
}

// --- Work on a background thread.

SessionImpl::Awaitable run_elsewhere(Vm& vm, const HostFunction::Heavy& heavy,
                                     HostFunction::Args arguments) {
  auto owned = std::make_shared<HostFunction::Args>();
  for (Value& argument : arguments) owned->push_back(std::move(argument).to_owned());
  auto call = run_off_lane(vm, [function = heavy.function, owned] { return function(*owned); });
  Result<Value> result = co_await std::move(call);
  co_return result;
}

// Whether it finished; else it is parked.
[[gnu::noinline]] bool start_heavy(lua_State* L, int* results) {
  const HostFunction& row = row_of(L);
  Vm& vm = Vm::of(L);
  const auto& heavy = std::get<HostFunction::Heavy>(row.implementation);
  std::size_t bytes = 0;
  HostFunction::Args arguments = read_arguments(L, row, &bytes);
  using Length = HostFunction::Heavy::Length;
  const Length length = heavy.length(arguments);
  const bool waits = length != Length::fits && vm.session().can_wait(L);
  if (length == Length::must_wait && !waits) raise(L, cannot_wait(row, "with so much to do waits"));
  if (waits) {
    for (Value& argument : arguments) bytes += footprint(argument);
    vm.charge(L, bytes);
    vm.session().park(run_elsewhere(vm, heavy, std::move(arguments)), bytes);
    return false;
  }
  const Charge charge(L, bytes);
  Result<Value> result = guarded(row, [&] { return heavy.function(arguments); });
  vm.look(L);
  *results = push_charged(L, result);
  return true;
}

int call_heavy(lua_State* L) {
  int results = 0;
  if (start_heavy(L, &results)) return results;
  return Vm::yield(L, 0, 0, finish_async);
}

struct CallerOf {
  lua_CFunction operator()(const HostFunction::Sync&) const { return call_sync; }
  lua_CFunction operator()(const HostFunction::Async&) const { return call_async; }
  lua_CFunction operator()(const HostFunction::Sliced&) const { return call_sliced; }
  lua_CFunction operator()(const HostFunction::Heavy&) const { return call_heavy; }
  lua_CFunction operator()(HostFunction::Raw) const { return call_raw; }
};

}  // namespace

void push_host_function(lua_State* L, const HostFunction& row) {
  lua_pushlightuserdata(L, const_cast<HostFunction*>(&row));
  lua_pushcclosure(L, std::visit(CallerOf(), row.implementation), 1);
}

}  // namespace gvm::script
