#include "script/known_names.h"

#include <algorithm>
#include <array>
#include <lua.hpp>
#include <span>
#include <string_view>
#include <utility>

#include "script/session.h"

namespace gvm::script {

namespace {

constexpr std::array<std::string_view, 11> kCompleteTables = {
    "string", "table", "math", "os", "utf8", "coroutine", "io", "rat", "__dflt", "__llm", "__web"};

// Whether nothing is added to the table later: what is not in it now is missing.
bool is_complete(const NamePath& table) {
  if (table.names.empty()) return true;  // the globals, or a library itself
  if (table.names.size() > 1) return false;
  if (table.is_global())
    return std::ranges::find(kCompleteTables, table.names[0]) != kCompleteTables.end();
  return table.names[0] == "rs";
}

NamePath table_of(const NamePath& path) {
  NamePath table = path;
  table.names.pop_back();
  return table;
}

class StackGuard {
 public:
  explicit StackGuard(lua_State* L) : L_(L), top_(lua_gettop(L)) {}
  ~StackGuard() { lua_settop(L_, top_); }
  StackGuard(const StackGuard&) = delete;

 private:
  lua_State* L_;
  int top_;
};

}  // namespace

class KnownNames::Inside {
 public:
  explicit Inside(std::unique_ptr<SessionImpl> session) : session_(std::move(session)) {}

  lua_State* state() { return session_->vm().main(); }
  const SessionImpl& session() const { return *session_; }

  // Empty: it is there, and stays in package.loaded.
  std::string require(const std::string& module) {
    if (session_->vm().killed() != Kill::none) return {};
    lua_State* L = state();
    const StackGuard guard(L);
    lua_getglobal(L, "require");
    lua_pushlstring(L, module.data(), module.size());
    if (call(1)) return {};
    const char* text = lua_tostring(L, -1);
    return text == nullptr ? "it raises an error" : text;
  }

  // Pushes the value, as the script would get it; false: nothing can be got from something on the
  // way.
  bool push(const NamePath& path) {
    lua_State* L = state();
    if (!push_root(path)) return false;
    for (const auto& name : path.names) {
      lua_pushcfunction(L, get_field);
      lua_insert(L, -2);
      lua_pushlstring(L, name.data(), name.size());
      if (lua_type(L, -2) != LUA_TTABLE || !call(2)) return false;
    }
    return true;
  }

 private:
  static int get_field(lua_State* L) {
    lua_gettable(L, 1);
    return 1;
  }

  // A function and its arguments on top become its result or its error. Bounded as a script's top
  // level; after that nothing can be called any more.
  bool call(int arguments) {
    if (session_->vm().killed() != Kill::none) return false;
    const Vm::Stretch stretch(session_->vm(), state(), Vm::Runs::loading);
    return lua_pcall(state(), arguments, 1, 0) == LUA_OK;
  }

  bool push_root(const NamePath& path) {
    lua_State* L = state();
    if (path.is_global()) {
      lua_pushglobaltable(L);
      return true;
    }
    lua_getglobal(L, "require");
    lua_pushlstring(L, path.module.data(), path.module.size());
    return call(1);
  }

  std::unique_ptr<SessionImpl> session_;
};

KnownNames::KnownNames(ProgramOptions options) {
  options.required_entries.clear();
  auto program = Program::load(options);
  if (!program) {
    load_error_ = std::move(program).error();
    program = load_without_script(std::move(options));
  }
  if (!program) return;
  auto inside = std::static_pointer_cast<const ProgramImpl>(*program);
  auto services = inside->loading_services();
  auto session = SessionImpl::make(std::move(inside), asio::any_io_executor(), log::Logger(),
                                   std::move(services), nullptr);
  if (session) inside_ = std::make_unique<Inside>(std::move(*session));
}

KnownNames::~KnownNames() = default;

bool KnownNames::has_function(const std::string& global) const {
  return inside_ && inside_->session().program().has_entry(global);
}

Presence KnownNames::find(const NamePath& path) {
  if (!inside_ || path.names.empty()) return Presence::unknown;
  lua_State* L = inside_->state();
  const StackGuard guard(L);
  if (!inside_->push(path)) return Presence::unknown;
  if (!lua_isnil(L, -1)) return Presence::there;
  return is_complete(table_of(path)) ? Presence::missing : Presence::unknown;
}

std::vector<std::string> KnownNames::beside(const NamePath& path) {
  std::vector<std::string> names;
  lua_State* L = inside_->state();
  const StackGuard guard(L);
  if (!inside_->push(table_of(path)) || lua_type(L, -1) != LUA_TTABLE) return names;
  for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
    if (lua_type(L, -2) == LUA_TSTRING) names.emplace_back(lua_tostring(L, -2));
  return names;
}

std::string KnownNames::cannot_require(const std::string& module) {
  return inside_ ? inside_->require(module) : std::string();
}

std::optional<std::string> KnownNames::own_file(const std::string& module) const {
  if (!inside_) return std::nullopt;
  const ProgramImpl& program = inside_->session().program();
  return program.file_of(program.options().lua_path, module);
}

std::vector<std::string> KnownNames::loaded_modules() {
  std::vector<std::string> names;
  if (!inside_) return names;
  lua_State* L = inside_->state();
  const StackGuard guard(L);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
    if (lua_type(L, -2) == LUA_TSTRING) names.emplace_back(lua_tostring(L, -2));
  return names;
}

}  // namespace gvm::script
