#include "script/bridge.h"

#include <exception>
#include <lua.hpp>
#include <string>
#include <utility>

#include "base/error_codes.h"
#include "script/codes.h"
#include "script/constant.h"
#include "script/convert.h"
#include "script/error.h"
#include "script/session.h"

namespace gvm::script {

namespace {

const HostFunction& row_of(lua_State* L) {
  return *static_cast<const HostFunction*>(lua_touserdata(L, lua_upvalueindex(1)));
}

std::string name_of(const HostFunction& row) {
  return std::string(row.library) + "." + std::string(row.name);
}

HostFunction::Args read_arguments(lua_State* L, const HostFunction& row) {
  const SessionImpl& session = Vm::of(L).session();
  HostFunction::Args arguments;
  const int count = lua_gettop(L);
  arguments.reserve(static_cast<std::size_t>(count));
  for (int i = 1; i <= count; ++i) {
    // ctx may hold anything, functions too; what the host needs of it is in Session::ctx_fields.
    Result<Value> value = session.is_ctx(L, i) ? Value::null() : to_value(L, i);
    if (!value) {
      raise(L,
            std::move(value.error()).add_cause(name_of(row) + ": argument " + std::to_string(i)));
    }
    arguments.push_back(std::move(*value));
  }
  return arguments;
}

Error internal_error(const HostFunction& row, const std::exception& exception) {
  return Error(codes::kInternal, Fatality::fatal, name_of(row) + ": " + exception.what());
}

// Exceptions of C++ libraries must not reach Lua's frames; Lua's own (not a std::exception) must
// pass.
Result<Value> run(const HostFunction& row, Session& session, HostFunction::Args& arguments) {
  try {
    return std::get<HostFunction::Sync>(row.implementation)(session, arguments);
  } catch (const std::exception& exception) {
    return fail(internal_error(row, exception));
  }
}

int push_result(lua_State* L, Result<Value> result) {
  if (!result) raise(L, std::move(result.error()));
  // "Nothing" is nil to a script, which tests it with `if`; null inside a value stays null.
  if (result->is_null()) return lua_pushnil(L), 1;
  push(L, *result);
  return 1;
}

int call_sync(lua_State* L) {
  const HostFunction& row = row_of(L);
  HostFunction::Args arguments = read_arguments(L, row);
  Result<Value> result = run(row, Vm::of(L).session(), arguments);
  return push_result(L, std::move(result));
}

int finish_async(lua_State* L, int, lua_KContext) {
  return push_result(L, Vm::of(L).session().take_completed());
}

[[gnu::noinline]] void start_async(lua_State* L) {
  const HostFunction& row = row_of(L);
  SessionImpl& session = Vm::of(L).session();
  if (!session.can_wait(L)) {
    raise(L,
          Error(codes::kScriptCannotWait, Fatality::fatal,
                name_of(row) +
                    " waits, which is not possible here: inside a coroutine, a sort comparator, a "
                    "gsub callback, a metamethod called from C, or at the script's top level"));
  }
  HostFunction::Args arguments = read_arguments(L, row);
  std::optional<Error> refused;
  try {
    session.park(std::get<HostFunction::Async>(row.implementation)(session, std::move(arguments)));
  } catch (const std::exception& exception) {
    refused.emplace(internal_error(row, exception));
  }
  if (refused) raise(L, std::move(*refused));
}

// Nothing here has a destructor: a yield unwinds through this frame, and stopping to clean one up
// would cost as much as all the other frames together.
int call_async(lua_State* L) {
  start_async(L);
  return lua_yieldk(L, 0, 0, finish_async);
}

void push_function(lua_State* L, const HostFunction& row) {
  if (const auto* raw = std::get_if<HostFunction::Raw>(&row.implementation)) {
    return lua_pushcfunction(L, *raw);
  }
  const bool waits = std::holds_alternative<HostFunction::Async>(row.implementation);
  lua_pushlightuserdata(L, const_cast<HostFunction*>(&row));
  lua_pushcclosure(L, waits ? call_async : call_sync, 1);
}

bool fill_library(lua_State* L, const HostTable& host, std::string_view library) {
  bool known = false;
  for (const HostFunction& row : host.functions) {
    if (row.library != library) continue;
    known = true;
    lua_pushlstring(L, row.name.data(), row.name.size());
    push_function(L, row);
    lua_rawset(L, -3);
  }
  for (const HostConstant& constant : host.constants) {
    if (constant.library != library) continue;
    known = true;
    lua_pushlstring(L, constant.name.data(), constant.name.size());
    push_constant(L, constant.value);
    lua_rawset(L, -3);
  }
  return known;
}

// host[name]: made on first use and kept.
int host_index(lua_State* L) {
  std::size_t size = 0;
  const char* name = luaL_checklstring(L, 2, &size);
  lua_newtable(L);
  const HostTable& host = Vm::of(L).session().program().host();
  if (!fill_library(L, host, std::string_view(name, size))) return lua_pushnil(L), 1;
  lua_pushvalue(L, 2);
  lua_pushvalue(L, -2);
  lua_rawset(L, 1);
  return 1;
}

const Module* find(lua_State* L, std::string_view name) {
  const SessionImpl& session = Vm::of(L).session();
  ProgramImpl* loading = session.loading();
  if (loading == nullptr) return session.program().find_module(name);
  lua_getfield(L, lua_upvalueindex(3), "path");
  std::size_t size = 0;
  const char* path = lua_tolstring(L, -1, &size);
  const Module* found = loading->find_or_compile(
      path == nullptr ? std::string_view() : std::string_view(path, size), name);
  lua_pop(L, 1);
  return found;
}

// Pushes package.preload[name] when that is a function.
bool push_preloaded(lua_State* L, const char* name) {
  if (lua_getfield(L, lua_upvalueindex(3), "preload") == LUA_TTABLE &&
      lua_getfield(L, -1, name) == LUA_TFUNCTION) {
    lua_remove(L, -2);
    return true;
  }
  lua_settop(L, 1);
  return false;
}

// require(name): upvalue 1 is package.loaded, upvalue 2 the host table, upvalue 3 package.
int require(lua_State* L) {
  std::size_t size = 0;
  const char* name = luaL_checklstring(L, 1, &size);
  lua_settop(L, 1);
  lua_pushvalue(L, 1);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
  lua_pop(L, 1);
  if (!push_preloaded(L, name)) {
    const Module* module = find(L, std::string_view(name, size));
    if (module == nullptr) {
      return luaL_error(L, "module '%s' not found: no library of ours, no file on lua_path", name);
    }
    push_chunk(L, *module);
  }
  lua_pushvalue(L, 1);
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_call(L, 2, 1);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushboolean(L, 1);
  }
  lua_pushvalue(L, 1);
  lua_pushvalue(L, -2);
  lua_rawset(L, lua_upvalueindex(1));
  return 1;
}

}  // namespace

void push_chunk(lua_State* L, const Module& module) {
  if (!module.problem.empty()) {
    luaL_error(L, "%s", module.problem.c_str());
  }
  const std::string& code = module.bytecode;
  if (luaL_loadbufferx(L, code.data(), code.size(), "=bytecode", "b") != LUA_OK) lua_error(L);
}

void push_host_table(lua_State* L) {
  lua_newtable(L);
  lua_createtable(L, 0, 2);
  lua_pushcfunction(L, host_index);
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
}

// The globals that copies of the field's own libraries take their functions from. The host table
// is on top.
void set_host_globals(lua_State* L) {
  constexpr std::pair<const char*, const char*> kGlobals[] = {
      {"__dflt", "lib.rs"}, {"__llm", "llm.rs"}, {"__web", "web.rs"}};
  for (const auto& [global, library] : kGlobals) {
    lua_getfield(L, -1, library);
    lua_setglobal(L, global);
  }
}

void install_require(lua_State* L) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  for (const char* name : {"string", "table", "math", "utf8", "os", "coroutine"}) {
    lua_getglobal(L, name);
    lua_setfield(L, -2, name);
  }
  lua_pushglobaltable(L);
  lua_setfield(L, -2, "_G");
  lua_createtable(L, 0, 3);
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, "loaded");
  lua_newtable(L);
  lua_setfield(L, -2, "preload");
  const std::string& path = Vm::of(L).session().program().options().lua_path;
  lua_pushlstring(L, path.data(), path.size());
  lua_setfield(L, -2, "path");
  lua_pushvalue(L, -1);
  lua_setglobal(L, "package");
  push_host_table(L);
  set_host_globals(L);
  lua_rotate(L, -2, 1);  // loaded, host, package
  lua_pushcclosure(L, require, 3);
  lua_setglobal(L, "require");
}

}  // namespace gvm::script
