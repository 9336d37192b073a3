#include "script/program.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <lua.hpp>
#include <optional>
#include <utility>

#include "base/error_codes.h"
#include "script/engine_functions.h"
#include "script/entry_point.h"
#include "script/lua_path.h"
#include "script/session.h"

namespace gvm::script {

namespace {

int append_bytecode(lua_State*, const void* piece, std::size_t size, void* out) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(piece), size);
  return 0;
}

// What the script has made of package.path; empty when that is no text. Raw, because a script may
// give its globals a metatable that raises.
std::string package_path(lua_State* L) {
  const int top = lua_gettop(L);
  std::string path;
  lua_pushglobaltable(L);
  lua_pushliteral(L, LUA_LOADLIBNAME);
  if (lua_rawget(L, -2) == LUA_TTABLE) {
    lua_pushliteral(L, "path");
    std::size_t size = 0;
    if (lua_rawget(L, -2) == LUA_TSTRING) {
      const char* text = lua_tolstring(L, -1, &size);
      path.assign(text, size);
    }
  }
  lua_settop(L, top);
  return path;
}

bool is_loaded(lua_State* L, const std::string& module) {
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_pushlstring(L, module.data(), module.size());
  const bool found = lua_rawget(L, -2) != LUA_TNIL;
  lua_pop(L, 2);
  return found;
}

Error config_error(std::string detail) {
  return Error(codes::kInvalidConfig, Fatality::fatal, std::move(detail));
}

}  // namespace

Module compile(std::string_view source, const std::string& chunk_name) {
  Module module;
  lua_State* L = luaL_newstate();
  if (luaL_loadbufferx(L, source.data(), source.size(), chunk_name.c_str(), "t") == LUA_OK) {
    lua_dump(L, append_bytecode, &module.bytecode, 0);
  } else {
    module.problem = lua_tostring(L, -1);
  }
  lua_close(L);
  return module;
}

const Module* ProgramImpl::find_module(std::string_view name) const {
  const auto at = modules_.find(name);
  return at == modules_.end() ? nullptr : &at->second;
}

std::optional<std::string> ProgramImpl::file_of(std::string_view lua_path,
                                                std::string_view name) const {
  if (auto file = find_on_lua_path(lua_path, name)) return file;
  const auto folder = std::filesystem::path(options_.script_path).parent_path();
  return find_on_lua_path((folder / "?.lua").string(), name);
}

const Module* ProgramImpl::find_or_compile(std::string_view lua_path, std::string_view name) {
  const Module* known = find_module(name);
  // A path that the script has set comes before what was found on the configured one.
  if (known != nullptr && lua_path == options_.lua_path) return known;
  const auto file = file_of(lua_path, name);
  const auto source = file ? read_source(*file) : std::nullopt;
  if (!source) return known;
  Module module = compile(*source, chunk_name_of(*file));
  return &modules_.insert_or_assign(std::string(name), std::move(module)).first->second;
}

void ProgramImpl::compile_listed(std::string_view lua_path,
                                 const std::function<bool(const std::string&)>& wanted) {
  for (auto& [name, file] : list_lua_path(lua_path)) {
    if (!wanted(name)) continue;
    const auto source = read_source(file);
    if (source) modules_[name] = compile(*source, chunk_name_of(file));
  }
}

std::unique_ptr<Services> ProgramImpl::loading_services() const {
  if (options_.loading_services) return options_.loading_services();
  return std::make_unique<Services>();
}

// The steps of Program::load, in order.
class ProgramLoader {
 public:
  explicit ProgramLoader(ProgramOptions options)
      : program_(std::make_shared<ProgramImpl>(std::move(options))) {}

  Result<std::shared_ptr<const Program>> run();
  Result<std::shared_ptr<const Program>> run_without_script();

 private:
  void add_engine_functions();
  Result<void> compile_libraries();
  void compile_lua_path();
  Result<void> compile_script();
  Result<void> try_out();
  void compile_path_of_script(lua_State* L);
  void note_entries(lua_State* L);
  Result<void> check_entries() const;

  std::shared_ptr<ProgramImpl> program_;
};

void ProgramLoader::add_engine_functions() {
  auto& rows = program_->options_.host.functions;
  for (const HostFunction& row : engine_functions()) {
    const bool listed = std::ranges::any_of(rows, [&](const HostFunction& other) {
      return other.library == row.library && other.name == row.name;
    });
    if (!listed) rows.push_back(row);
  }
}

Result<void> ProgramLoader::compile_libraries() {
  for (const LibrarySource& library : program_->options_.libraries) {
    // An operator's own copy counts (lua-api.md, "Where require looks").
    const auto own = program_->file_of(program_->options_.lua_path, library.name);
    const auto source = own ? read_source(*own) : std::nullopt;
    Module module = source ? compile(*source, chunk_name_of(*own))
                           : compile(library.source, "=" + library.name);
    if (!module.problem.empty()) return fail(config_error("library " + module.problem));
    program_->modules_[library.name] = std::move(module);
  }
  return {};
}

// Modules that only an entry point requires are compiled too: sessions read no files.
void ProgramLoader::compile_lua_path() {
  program_->compile_listed(program_->options_.lua_path, [&](const std::string& name) {
    return program_->find_module(name) == nullptr;
  });
}

// The same for package.path as the top level has left it, and for the script's folder. What the
// top level has required stays what it was.
void ProgramLoader::compile_path_of_script(lua_State* L) {
  const std::string path = package_path(L);
  if (path != program_->options_.lua_path)
    program_->compile_listed(path, [&](const std::string& name) { return !is_loaded(L, name); });
  const std::filesystem::path script = program_->options_.script_path;
  program_->compile_listed((script.parent_path() / "?.lua").string(), [&](const std::string& name) {
    return name != script.stem() && program_->find_module(name) == nullptr;
  });
}

Result<void> ProgramLoader::compile_script() {
  const std::string& path = program_->options_.script_path;
  const auto source = read_source(path);
  if (!source) return fail(config_error(path + ": the script cannot be read"));
  program_->script_ = compile(*source, chunk_name_of(path));
  if (program_->script_.problem.empty()) return {};
  return fail(config_error(path + ": " + program_->script_.problem));
}

void ProgramLoader::note_entries(lua_State* L) {
  lua_pushglobaltable(L);
  lua_pushnil(L);
  while (lua_next(L, -2) != 0) {
    if (lua_isfunction(L, -1) && lua_type(L, -2) == LUA_TSTRING) {
      program_->entries_.emplace(lua_tostring(L, -2));
    }
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

Result<void> ProgramLoader::check_entries() const {
  for (const std::string& name : program_->options_.required_entries) {
    if (program_->has_entry(name)) continue;
    return fail(
        config_error(program_->options_.script_path + ": the script defines no function " + name));
  }
  return {};
}

// With the place, when the error does not name it itself.
static std::string why_not_loaded(const Error& error) {
  const Value* at = error.ctx().find("place");
  const auto place = at == nullptr ? std::string_view() : at->as_string().value_or("");
  std::string text = error.to_string();
  if (place.empty() || text.find(place) != text.npos) return text;
  return std::string(place) + ": " + text;
}

Result<void> ProgramLoader::try_out() {
  auto session = SessionImpl::make(program_, asio::any_io_executor(), log::Logger(),
                                   program_->loading_services(), program_.get());
  if (!session) {
    return fail(
        config_error(program_->options_.script_path + ": " + why_not_loaded(session.error())));
  }
  compile_path_of_script((*session)->vm().main());
  note_entries((*session)->vm().main());
  return check_entries();
}

Result<std::shared_ptr<const Program>> ProgramLoader::run() {
  add_engine_functions();
  program_->entry_runner_ = compile_entry_runner();
  if (auto done = compile_libraries(); !done) return fail(std::move(done.error()));
  compile_lua_path();
  if (auto done = compile_script(); !done) return fail(std::move(done.error()));
  if (auto done = try_out(); !done) return fail(std::move(done.error()));
  return program_;
}

Result<std::shared_ptr<const Program>> ProgramLoader::run_without_script() {
  add_engine_functions();
  program_->entry_runner_ = compile_entry_runner();
  if (auto done = compile_libraries(); !done) return fail(std::move(done.error()));
  compile_lua_path();
  program_->script_ = compile("", "=none");
  return program_;
}

Result<std::shared_ptr<const Program>> load_without_script(ProgramOptions options) {
  ProgramLoader loader(std::move(options));
  return loader.run_without_script();
}

Result<std::shared_ptr<const Program>> Program::load(ProgramOptions options) {
  ProgramLoader loader(std::move(options));
  return loader.run();
}

}  // namespace gvm::script
