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
  if (const Module* known = find_module(name)) return known;
  const auto file = file_of(lua_path, name);
  if (!file) return nullptr;
  const auto source = read_source(*file);
  if (!source) return nullptr;
  return &modules_.emplace(name, compile(*source, chunk_name_of(*file))).first->second;
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

 private:
  void add_engine_functions();
  Result<void> compile_libraries();
  void compile_lua_path();
  Result<void> compile_script();
  Result<void> try_out();
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
  for (auto& [name, file] : list_lua_path(program_->options_.lua_path)) {
    if (program_->find_module(name) != nullptr) continue;
    const auto source = read_source(file);
    if (source) program_->modules_[name] = compile(*source, chunk_name_of(file));
  }
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

Result<void> ProgramLoader::try_out() {
  auto session = SessionImpl::make(program_, asio::any_io_executor(), log::Logger(),
                                   program_->loading_services(), program_.get());
  if (!session) {
    return fail(config_error(program_->options_.script_path + ": " + session.error().to_string()));
  }
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

Result<std::shared_ptr<const Program>> Program::load(ProgramOptions options) {
  ProgramLoader loader(std::move(options));
  return loader.run();
}

}  // namespace gvm::script
