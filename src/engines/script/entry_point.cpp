#include "script/entry_point.h"

#include <lua.hpp>
#include <utility>

#include "script/bridge.h"
#include "script/codes.h"
#include "script/convert.h"
#include "script/error.h"
#include "script/session.h"

namespace gvm::script {

namespace {

constexpr const char* kRunner = R"(
local prepare, finish = ...
local function apply(frame, entry, ...)
  if entry ~= nil then return finish(frame, (entry(...))) end
end
return function(frame) return apply(frame, prepare(frame)) end
)";

// Its address is the runner's key in the registry.
constexpr char kRunnerKey = 0;

CallFrame& frame_at(lua_State* L, int index) {
  return *static_cast<CallFrame*>(lua_touserdata(L, index));
}

// ctx lies on top of the stack. A metatable of the script's does not take part.
void set_ctx_field(lua_State* L, const Argument& argument) {
  lua_pushlstring(L, argument.ctx_field.data(), argument.ctx_field.size());
  push(L, argument.value);
  lua_rawset(L, -3);
}

// frame -> the entry point and what it is called with; nothing when the script has none.
int prepare(lua_State* L) {
  const CallFrame& frame = frame_at(L, 1);
  if (lua_getglobal(L, frame.entry.c_str()) == LUA_TNIL) return 0;
  luaL_checkstack(L, static_cast<int>(frame.arguments.size()) + 4, nullptr);
  Vm::of(L).session().push_ctx(L);
  for (const Argument& argument : frame.arguments)
    if (!argument.ctx_field.empty()) set_ctx_field(L, argument);
  int count = 1;
  for (const Argument& argument : frame.arguments) {
    if (!argument.ctx_field.empty()) continue;
    ++count;
    if (argument.integer_as_rat)
      push_as_rat(L, argument.value);
    else
      push(L, argument.value);
  }
  return count + 1;
}

// frame, first result: the answer.
int finish(lua_State* L) {
  CallFrame& frame = frame_at(L, 1);
  ReadBudget budget = ReadBudget::to_copy(L);
  Result<Value> answer = to_value(L, 2, budget);
  if (!answer) {
    Error error(codes::kScriptBadAnswer, Fatality::fatal, frame.entry);
    error.add_cause(answer.error().to_string());
    raise(L, std::move(error));
  }
  frame.answer = std::move(*answer).to_owned();
  return 0;
}

}  // namespace

Module compile_entry_runner() {
  return compile(kRunner, "=entry");
}

void install_entry_runner(lua_State* L, const Module& runner) {
  push_chunk(L, runner);
  lua_pushcfunction(L, prepare);
  lua_pushcfunction(L, finish);
  lua_call(L, 2, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &kRunnerKey);
}

void push_entry_call(lua_State* thread, CallFrame* frame) {
  lua_rawgetp(thread, LUA_REGISTRYINDEX, &kRunnerKey);
  lua_pushlightuserdata(thread, frame);
}

}  // namespace gvm::script
