#include "host/io_functions.h"

#include <cerrno>
#include <lua.hpp>
#include <new>
#include <optional>
#include <utility>

#include "host/io_file.h"

namespace gvm::host {
namespace {

// On its way through a worker thread.
struct Opening {
  std::string path;
  files::Mode mode;
  std::shared_ptr<files::File> file;
  int error = 0;
};

constexpr const char* kOpening = "gvm.io.opening";

int discard(lua_State* L) {
  std::destroy_at(static_cast<std::shared_ptr<Opening>*>(lua_touserdata(L, 1)));
  return 0;
}

std::shared_ptr<Opening>& push_opening(lua_State* L) {
  if (luaL_newmetatable(L, kOpening) != 0) {
    lua_pushcfunction(L, discard);
    lua_setfield(L, -2, "__gc");
  }
  auto* box =
      new (lua_newuserdatauv(L, sizeof(std::shared_ptr<Opening>), 0)) std::shared_ptr<Opening>();
  lua_insert(L, -2);
  lua_setmetatable(L, -2);
  return *box;
}

void run(const files::Folders& folders, Opening& opening) {
  auto descriptor = folders.open(opening.path, opening.mode);
  if (descriptor)
    opening.file = std::make_shared<files::File>(std::move(*descriptor), opening.mode);
  else
    opening.error = descriptor.error();
}

// Leaves the file on top, or nil, the message and errno; the answer says how many. The opening is
// on top, the file's userdata below it.
int opened(lua_State* L) {
  auto* box = static_cast<std::shared_ptr<Opening>*>(luaL_checkudata(L, -1, kOpening));
  const std::shared_ptr<Opening> opening = std::move(*box);
  lua_pop(L, 1);
  if (opening->file == nullptr) {
    drop_file(L, -1);
    return push_failure(L, opening->path, opening->error);
  }
  file_at(L, -1) = opening->file;
  return 1;
}

// Pushes the userdata of the file and that of the opening, which is under way by then.
std::function<void()> begin_opening(lua_State* L, std::string_view path, files::Mode mode) {
  push_file(L);
  auto opening = std::make_shared<Opening>(Opening{std::string(path), mode, nullptr, 0});
  push_opening(L) = opening;
  return [opening, &folders = io_service(L).folders] { run(folders, *opening); };
}

std::string_view text_at(lua_State* L, int index) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(L, index, &size);
  return {text, size};
}

int finish_open(lua_State* L, int status, lua_KContext) {
  after_wait(L, status);
  return opened(L);
}

int open(lua_State* L) {
  lua_settop(L, 2);
  const std::string_view path = text_at(L, 1);
  const std::string_view text = luaL_optstring(L, 2, "r");
  const auto mode = files::Mode::parse(text);
  luaL_argcheck(L, mode.has_value(), 2, "invalid mode");
  if (!may_open_file(L)) return push_failure(L, path, EMFILE);
  auto work = begin_opening(L, path, *mode);
  return wait_for(L, std::move(work), 0, finish_open);
}

// The formats are from index 2 on, below the file's userdata and the opening.
int finish_lines(lua_State* L, int status, lua_KContext) {
  after_wait(L, status);
  if (opened(L) != 1) return luaL_error(L, "%s", lua_tostring(L, -2));
  lua_replace(L, 1);
  push_lines(L, true);
  lua_pushnil(L);
  lua_pushnil(L);
  lua_pushvalue(L, 1);  // closed by the loop that is left early
  return 4;
}

int lines(lua_State* L) {
  if (lua_isnoneornil(L, 1)) return luaL_error(L, "there is no standard input: name a file");
  const std::string_view path = text_at(L, 1);
  if (!may_open_file(L)) {
    push_failure(L, path, EMFILE);
    return luaL_error(L, "%s", lua_tostring(L, -2));
  }
  auto work = begin_opening(L, path, *files::Mode::parse("r"));
  return wait_for(L, std::move(work), 0, finish_lines);
}

int type(lua_State* L) {
  luaL_checkany(L, 1);
  if (!is_file(L, 1))
    lua_pushnil(L);
  else
    lua_pushstring(L, file_at(L, 1) == nullptr ? "closed file" : "file");
  return 1;
}

}  // namespace

void add_io_functions(script::HostTable& table, files::Folders folders) {
  table.data[kIoLibrary] = std::make_shared<IoService>(std::move(folders));
  const auto add = [&](std::string_view name, std::string_view signature, std::string_view doc,
                       script::HostFunction::Raw function) {
    table.functions.push_back({kIoLibrary, name, signature, doc, function});
  };
  add("open", "fun(path: string, mode: string?): File?, string?, integer?",
      "Opens a file under data_dir, or one to be read in the folders of the script, of lua_path "
      "and "
      "of the configuration. What lies elsewhere is nil, \"PATH: Permission denied\", 13; the "
      "ledger's files are nil, \"PATH: Operation not permitted\", 1. 16 files of a session at the "
      "same time.",
      open);
  add("lines", "fun(path: string, ...: string|integer): fun(): any",
      "Iterates over the lines of a file, or over what the formats read, and closes it. Raises "
      "when "
      "it cannot be opened.",
      lines);
  add("type", "fun(value: any): string?", "`file`, `closed file`, or nil for anything else.", type);
  add("close", "fun(file: File): boolean?, string?, integer?", "The same as `file:close()`.",
      close_file);
  add_file_methods(table);
}

}  // namespace gvm::host
