// The userdata of a file: what it holds, how a method waits, how it ends with its session.
#include "host/io_file.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <lua.hpp>
#include <new>
#include <system_error>
#include <utility>

#include "base/error_codes.h"
#include "host/worker_call.h"
#include "script/error.h"
#include "script/session.h"

namespace gvm::host {

using script::Vm;

namespace {

constexpr const char* kMetatable = "FILE*";  // as Lua's own messages call it
constexpr const char* kCountKey = "gvm.io.count";

struct FileBox {
  std::shared_ptr<files::File> file;
  int* count;  // of the session's open files; in Lua's registry, outlives every box
  bool counted = true;
  std::size_t charged = 0;  // bytes of the session's memory
};

FileBox& box_at(lua_State* L, int index) {
  return *static_cast<FileBox*>(luaL_checkudata(L, index, kMetatable));
}

int* open_count(lua_State* L) {
  if (lua_getfield(L, LUA_REGISTRYINDEX, kCountKey) != LUA_TUSERDATA) {
    lua_pop(L, 1);
    *static_cast<int*>(lua_newuserdatauv(L, sizeof(int), 0)) = 0;
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, kCountKey);
  }
  auto* count = static_cast<int*>(lua_touserdata(L, -1));
  lua_pop(L, 1);
  return count;
}

void release(lua_State* L, FileBox& box) {
  box.file.reset();
  if (std::exchange(box.counted, false)) --*box.count;
  Vm::of(L).discharge(std::exchange(box.charged, 0));
}

// A file that its script left open: what it has not written yet is written beside the lane.
int discard(lua_State* L) {
  auto* box = static_cast<FileBox*>(lua_touserdata(L, 1));
  auto file = std::exchange(box->file, nullptr);
  if (file != nullptr && !file->output().empty())
    boost::asio::post(io_service(L).threads, [file] { (void)file->close(); });
  release(L, *box);
  std::destroy_at(box);
  return 0;
}

int describe(lua_State* L) {
  const FileBox& box = box_at(L, 1);
  if (box.file == nullptr)
    lua_pushliteral(L, "file (closed)");
  else
    lua_pushliteral(L, "file (open)");  // no address: it would differ between validators
  return 1;
}

void push_methods(lua_State* L) {
  lua_newtable(L);
  for (const auto& row : Vm::of(L).session().program().host().functions) {
    if (row.library != kFileClass) continue;
    lua_pushlstring(L, row.name.data(), row.name.size());
    lua_pushcfunction(L, std::get<script::HostFunction::Raw>(row.implementation));
    lua_rawset(L, -3);
  }
}

// Of a variable to be closed, also of a call that ends with an error: nothing can wait here.
int close_quietly(lua_State* L) {
  FileBox& box = box_at(L, 1);
  if (box.file != nullptr) (void)box.file->close();
  release(L, box);
  return 0;
}

void push_metatable(lua_State* L) {
  if (luaL_newmetatable(L, kMetatable) == 0) return;
  lua_pushcfunction(L, discard);
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, close_quietly);
  lua_setfield(L, -2, "__close");
  lua_pushcfunction(L, describe);
  lua_setfield(L, -2, "__tostring");
  push_methods(L);
  lua_setfield(L, -2, "__index");
  lua_pushstring(L, kMetatable);
  lua_setfield(L, -2, "__metatable");
}

}  // namespace

IoService& io_service(lua_State* L) {
  const auto& data = Vm::of(L).session().program().host().data;
  return static_cast<IoService&>(*data.at(kIoLibrary));
}

bool may_open_file(lua_State* L) {
  const int* count = open_count(L);
  if (*count >= kMostOpenFiles) lua_gc(L, LUA_GCCOLLECT);
  return *count < kMostOpenFiles;
}

void push_file(lua_State* L) {
  luaL_checkstack(L, 8, nullptr);
  int* count = open_count(L);
  push_metatable(L);
  new (lua_newuserdatauv(L, sizeof(FileBox), 0)) FileBox{nullptr, count, true, 0};
  ++*count;
  lua_insert(L, -2);
  lua_setmetatable(L, -2);
}

std::shared_ptr<files::File>& file_at(lua_State* L, int index) {
  return box_at(L, index).file;
}

bool is_file(lua_State* L, int index) {
  return luaL_testudata(L, index, kMetatable) != nullptr;
}

void drop_file(lua_State* L, int index) {
  release(L, box_at(L, index));
}

void charge_file(lua_State* L, int index, std::size_t bytes) {
  FileBox& box = box_at(L, index);
  if (box.file != nullptr) bytes = std::max(bytes, box.file->memory_bytes());
  if (bytes > box.charged) Vm::of(L).charge(L, bytes - box.charged);
  if (bytes < box.charged) Vm::of(L).discharge(box.charged - bytes);
  box.charged = bytes;
}

int wait_for(lua_State* L, std::function<void()> work, std::ptrdiff_t context,
             int (*next)(lua_State*, int, std::ptrdiff_t)) {
  auto& session = Vm::of(L).session();
  if (!session.can_wait(L)) {  // the script's top level, a coroutine: small files of an operator's
    work();
    return next(L, LUA_OK, context);
  }
  auto run = [work = std::move(work)](const std::atomic<bool>&) -> Result<Value> {
    work();
    return Value::null();
  };
  session.park(on_worker(io_service(L).threads, std::move(run)));
  return lua_yieldk(L, 0, context, next);
}

void after_wait(lua_State* L, int status) {
  if (status != LUA_YIELD) return;
  auto completed = Vm::of(L).session().take_completed();
  if (!completed) script::raise(L, std::move(completed.error()));
}

int push_failure(lua_State* L, std::string_view path, int error) {
  const std::string why = std::generic_category().message(error);
  lua_pushnil(L);
  if (path.empty()) {
    lua_pushlstring(L, why.data(), why.size());
  } else {
    const std::string text = std::string(path) + ": " + why;
    lua_pushlstring(L, text.data(), text.size());
  }
  lua_pushinteger(L, error);
  return 3;
}

}  // namespace gvm::host
