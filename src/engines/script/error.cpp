#include "script/error.h"

#include <algorithm>
#include <lua.hpp>
#include <memory>
#include <new>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"
#include "base/size.h"
#include "script/codes.h"
#include "script/convert.h"
#include "script/delivery.h"
#include "script/vm.h"

namespace gvm::script {

namespace {

constexpr const char* kMetatable = "gvm.error";
constexpr std::size_t kLongestDetail = 4 * kKiB;
// A larger table that a script raises is told by its type alone.
constexpr std::size_t kMostOfTable = 64 * kKiB;

struct Box {
  Error error;
  std::size_t charged;
};

Box* box_at(lua_State* L, int index) {
  return static_cast<Box*>(luaL_testudata(L, index, kMetatable));
}

std::size_t error_footprint(const Error& error) {
  std::size_t bytes = sizeof(Error) + footprint(error.ctx());
  for (const auto& cause : error.causes()) bytes += sizeof(std::string) + cause.size();
  return bytes;
}

int collect(lua_State* L) {
  auto* box = static_cast<Box*>(lua_touserdata(L, 1));
  Vm::of(L).discharge(box->charged);
  std::destroy_at(box);
  return 0;
}

int describe(lua_State* L) {
  const Box* box = box_at(L, 1);
  const std::string text = box == nullptr ? "error" : box->error.to_string();
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

void push_causes(lua_State* L, const Error& error) {
  Value::Array causes;
  for (const auto& cause : error.causes()) causes.push_back(Value::string(Blob::borrow(cause)));
  push(L, Value::array(std::move(causes)));
}

// e.causes, e.fatal, e.ctx: copies, so that a script cannot change the error. False for ctx, which
// may be large: its delivery has begun.
[[gnu::noinline]] bool push_field(lua_State* L) {
  const Box* box = box_at(L, 1);
  const bool known = box != nullptr && lua_type(L, 2) == LUA_TSTRING;
  const std::string_view name = known ? lua_tostring(L, 2) : "";
  if (name == "ctx") return begin_delivery_of(L, box->error.ctx()), false;
  if (name == "causes")
    push_causes(L, box->error);
  else if (name == "fatal")
    lua_pushboolean(L, box->error.fatal() ? 1 : 0);
  else
    lua_pushnil(L);
  return true;
}

// Nothing here has a destructor: a pause jumps over this frame.
int index(lua_State* L) {
  return push_field(L) ? 1 : run_delivery(L);
}

void push_metatable(lua_State* L) {
  if (luaL_newmetatable(L, kMetatable) == 0) return;
  const luaL_Reg methods[] = {
      {"__gc", collect}, {"__tostring", describe}, {"__index", index}, {nullptr, nullptr}};
  luaL_setfuncs(L, methods, 0);
  lua_pushliteral(L, "error");
  lua_setfield(L, -2, "__metatable");
}

}  // namespace

void push_error(lua_State* L, Error error) {
  luaL_checkstack(L, 4, nullptr);
  push_metatable(L);
  const std::size_t bytes = error_footprint(error);
  void* memory = lua_newuserdatauv(L, sizeof(Box), 0);
  Vm::of(L).charge(L, bytes);
  new (memory) Box{std::move(error), bytes};
  lua_insert(L, -2);
  lua_setmetatable(L, -2);
  // Lua's collector keeps pace with what Lua allocates: it must know of the rest, or errors in a
  // loop fill the session's memory before any of them is collected.
  lua_gc(L, LUA_GCSTEP, static_cast<int>(1 + bytes / kKiB));
}

int raise(lua_State* L, Error error) {
  if (Vm::of(L).killed() != Kill::none) Vm::of(L).raise_killed(L);
  push_error(L, std::move(error));
  lua_error(L);
  std::unreachable();
}

const Error* as_error(lua_State* L, int index) {
  const Box* box = box_at(L, index);
  return box == nullptr ? nullptr : &box->error;
}

Error to_error(lua_State* L, int index) {
  if (const Error* typed = as_error(L, index)) return *typed;
  std::size_t length = 0;
  std::string detail;
  if (lua_type(L, index) == LUA_TSTRING || lua_type(L, index) == LUA_TNUMBER) {
    lua_pushvalue(L, index);
    const char* text = lua_tolstring(L, -1, &length);
    detail = to_valid_utf8(std::string_view(text, std::min(length, kLongestDetail)));
    lua_pop(L, 1);
  } else {
    ReadBudget budget{kMostOfTable, kMostOfTable, kMostOfTable};
    Result<Value> value = to_value(L, index, budget);
    detail = value ? "the script raised " + json::write(*value).substr(0, kLongestDetail)
                   : "the script raised a " + std::string(luaL_typename(L, index));
  }
  return Error(codes::kScriptError, Fatality::fatal, std::move(detail));
}

}  // namespace gvm::script
