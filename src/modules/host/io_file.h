#pragma once
// Files of the confined `io` as Lua values, and what they share. A file belongs to its session and
// is closed with it; a session has a bounded number of them.
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <string>

#include "files/file.h"
#include "files/folders.h"
#include "script/script.h"

struct lua_State;

namespace gvm::host {

inline constexpr std::string_view kIoLibrary = "io";
inline constexpr std::string_view kFileClass = "File";
inline constexpr int kMostOpenFiles = 16;  // of one session

// Shared by all sessions of a program.
struct IoService : script::HostData {
  explicit IoService(files::Folders allowed) : folders(std::move(allowed)) {}
  ~IoService() override { threads.join(); }

  files::Folders folders;
  boost::asio::thread_pool threads{2};
};

IoService& io_service(lua_State* L);

// Whether a further file may be open; unreachable ones are collected first.
bool may_open_file(lua_State* L);
// Pushes the userdata of a file that is not open yet: its File is put in by open_here().
void push_file(lua_State* L);
// The file of the userdata at `index`; null when it was never opened, or closed.
std::shared_ptr<files::File>& file_at(lua_State* L, int index);
bool is_file(lua_State* L, int index);
// Gives back what the userdata counted; a file that is open is closed with its last owner.
void drop_file(lua_State* L, int index);
// Counts `bytes`, or what the file's buffers hold when that is more, as memory of the session.
// Raises when that is more than it may have.
void charge_file(lua_State* L, int index, std::size_t bytes);

// A function that may wait for a disk. `next` runs in any case: at once, or when a worker thread
// has done `work`. Ends the calling C function, as lua_yieldk does.
int wait_for(lua_State* L, std::function<void()> work, std::ptrdiff_t context,
             int (*next)(lua_State*, int, std::ptrdiff_t));
// At the start of `next`: raises what ended the wait.
void after_wait(lua_State* L, int status);

// nil, "PATH: why", errno. `path` may be empty.
int push_failure(lua_State* L, std::string_view path, int error);
// The iterator of lines; the file is at index 1, formats from 2 on.
int push_lines(lua_State* L, bool closes);
int close_file(lua_State* L);

void add_file_methods(script::HostTable& table);

}  // namespace gvm::host
