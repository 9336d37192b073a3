// What a script does with an open file. Each method begins anew when it had to wait for the disk:
// until then it only looks at what is buffered, and takes nothing.
#include <algorithm>
#include <cerrno>
#include <lua.hpp>

#include "host/io_file.h"

namespace gvm::host {

using files::File;
using files::Outcome;
using files::Wait;

namespace {

constexpr std::size_t kReadOnLane = 256 * kKiB;  // what memory holds already, copied on the lane

File& open_file(lua_State* L) {
  const auto& file = file_at(L, 1);
  if (file == nullptr) luaL_error(L, "attempt to use a closed file");
  return *file;
}

// A worker thread does `work(file)`; the file lives until it has.
template <class Work>
int on_disk(lua_State* L, Work work, lua_KContext context, lua_KFunction next) {
  return wait_for(L, [file = file_at(L, 1), work] { (void)work(*file); }, context, next);
}

// --- Reading

// Looks at what is unread from a place on.
struct Cursor {
  File& file;
  std::size_t at = 0;
  std::size_t wanted = 0;  // bytes that must be unread before another try; 0: none

  std::string_view rest() const { return file.unread().substr(at); }
  // Whether `count` bytes are there, or all there are; else another try is wanted.
  bool has(std::size_t count) {
    if (rest().size() >= count || file.at_end()) return true;
    wanted = at + std::min(count, rest().size() + file.left() + 1);
    return false;
  }
};

enum class Read { value, nothing, again, too_large };

Read push_text(lua_State* L, Cursor& cursor, std::size_t size, std::size_t skipped = 0) {
  lua_pushlstring(L, cursor.rest().data(), size);
  cursor.at += size + skipped;
  return Read::value;
}

Read read_line(lua_State* L, Cursor& cursor, bool keep_end) {
  const std::string_view rest = cursor.rest();
  const auto end = rest.find('\n');
  if (end != rest.npos) return push_text(L, cursor, end + (keep_end ? 1 : 0), keep_end ? 0 : 1);
  if (!cursor.file.at_end()) {
    const std::size_t most = cursor.file.limits().read_bytes;
    if (cursor.at + rest.size() > most) return Read::too_large;
    cursor.has(std::min(2 * rest.size() + 1, most + 1 - cursor.at));
    return Read::again;
  }
  return rest.empty() ? Read::nothing : push_text(L, cursor, rest.size());
}

Read read_all(lua_State* L, Cursor& cursor) {
  const std::size_t most = cursor.file.limits().read_bytes;
  if (!cursor.has(most + 1)) return Read::again;
  if (cursor.rest().size() > most) return Read::too_large;
  return push_text(L, cursor, cursor.rest().size());
}

Read read_count(lua_State* L, Cursor& cursor, std::size_t count) {
  if (!cursor.has(std::max<std::size_t>(count, 1))) return Read::again;
  if (cursor.rest().empty()) return Read::nothing;
  return push_text(L, cursor, std::min(count, cursor.rest().size()));
}

// As Lua's: white space, then the longest prefix that could be a numeral, of at most 200 bytes.
Read read_number(lua_State* L, Cursor& cursor) {
  constexpr std::size_t kLongest = 200;
  const auto blanks =
      std::min(cursor.rest().find_first_not_of(" \t\r\n\v\f"), cursor.rest().size());
  if (cursor.rest().size() > cursor.file.limits().read_bytes) return Read::too_large;
  if (!cursor.has(blanks + kLongest)) return Read::again;
  cursor.at += blanks;
  std::string_view text = cursor.rest().substr(0, kLongest);
  const auto skip = [&](std::string_view set, std::size_t from, std::size_t most) {
    const auto end = std::min(text.find_first_not_of(set, from), text.size());
    return std::min(end, from + most);
  };
  std::size_t end = skip("+-", 0, 1);
  const bool hex = text.substr(end).starts_with("0x") || text.substr(end).starts_with("0X");
  const std::string_view digits = hex ? "0123456789abcdefABCDEF" : "0123456789";
  end = skip(digits, hex ? end + 2 : end, kLongest);
  end = skip(".", end, 1);
  end = skip(digits, end, kLongest);
  const auto exponent = skip(hex ? "pP" : "eE", end, 1);
  if (exponent > end) end = skip("0123456789", skip("+-", exponent, 1), kLongest);
  const std::string number(text.substr(0, end));
  cursor.at += end;
  return lua_stringtonumber(L, number.c_str()) != 0 ? Read::value : Read::nothing;
}

Read read_format(lua_State* L, Cursor& cursor, int index) {
  if (lua_type(L, index) == LUA_TNUMBER) {
    const lua_Integer count = luaL_checkinteger(L, index);
    luaL_argcheck(L, count >= 0, index, "a size of at least 0 was expected");
    if (static_cast<std::size_t>(count) > cursor.file.limits().read_bytes) return Read::too_large;
    return read_count(L, cursor, static_cast<std::size_t>(count));
  }
  const char* format = luaL_checkstring(L, index);
  if (*format == '*') ++format;  // Lua 5.1's spelling
  switch (*format) {
    case 'n':
      return read_number(L, cursor);
    case 'l':
      return read_line(L, cursor, false);
    case 'L':
      return read_line(L, cursor, true);
    case 'a':
      return read_all(L, cursor);
    default:
      luaL_argerror(L, index, "invalid format");
      return Read::nothing;
  }
}

// Of a read under way: how many values stand at the bottom of the stack (the file and the formats),
// and whether an iterator of lines asked.
struct Reading {
  int last;
  bool lines;

  static Reading of(lua_KContext context) {
    return {static_cast<int>(context / 2), context % 2 != 0};
  }
  lua_KContext context() const { return 2 * static_cast<lua_KContext>(last) + (lines ? 1 : 0); }
};

// The results of one read are on top. An iterator raises errors, and its upvalue 2 says whether it
// closes the file at the end.
int answer(lua_State* L, Reading reading, int results) {
  if (!reading.lines || lua_toboolean(L, -results) != 0) return results;
  if (results > 1) return luaL_error(L, "%s", lua_tostring(L, -results + 1));
  if (lua_toboolean(L, lua_upvalueindex(2)) != 0) drop_file(L, 1);
  return results;
}

int read_again(lua_State* L, int status, lua_KContext context);

// Some bytes more are wanted: at once when memory has them, else from a worker thread.
int fill(lua_State* L, std::size_t bytes, Reading reading) {
  File& file = open_file(L);
  charge_file(L, 1, bytes + file.limits().buffer_bytes);
  if (bytes <= kReadOnLane && file.fill(bytes, Wait::never) != Outcome::would_block)
    return read_again(L, LUA_OK, reading.context());
  const auto work = [bytes](File& of) { return of.fill(bytes, Wait::possible); };
  return on_disk(L, work, reading.context(), read_again);
}

// One try.
int read_again(lua_State* L, int status, lua_KContext context) {
  after_wait(L, status);
  const Reading reading = Reading::of(context);
  lua_settop(L, reading.last);
  File& file = open_file(L);
  if (const int error = file.take_error(); error != 0)
    return answer(L, reading, push_failure(L, {}, error));
  if (!file.mode().read) return answer(L, reading, push_failure(L, {}, EBADF));
  luaL_checkstack(L, reading.last + LUA_MINSTACK, "too many formats");
  Cursor cursor{file};
  Read read = Read::value;
  for (int i = 2; read == Read::value && i <= reading.last; ++i) read = read_format(L, cursor, i);
  if (reading.last < 2) read = read_line(L, cursor, false);
  if (read == Read::again && cursor.wanted > file.limits().read_bytes + 1) read = Read::too_large;
  if (read == Read::again) return fill(L, cursor.wanted, reading);
  if (read == Read::too_large) return answer(L, reading, push_failure(L, {}, EFBIG));
  file.take(cursor.at);
  charge_file(L, 1, 0);
  if (read == Read::nothing) lua_pushnil(L);
  return answer(L, reading, lua_gettop(L) - reading.last);
}

int flush_of(lua_State* L, lua_KContext context, lua_KFunction next) {
  return on_disk(L, [](File& of) { return of.flush(); }, context, next);
}

int begin_read(lua_State* L, bool lines) {
  const File& file = open_file(L);
  const Reading reading{lua_gettop(L), lines};
  if (!file.output().empty()) return flush_of(L, reading.context(), read_again);
  return read_again(L, LUA_OK, reading.context());
}

int read(lua_State* L) {
  return begin_read(L, false);
}

// The iterator: upvalue 1 the file, 2 whether it is closed at the end, 3 the number of formats,
// then these.
int next_line(lua_State* L) {
  const auto formats = static_cast<int>(lua_tointeger(L, lua_upvalueindex(3)));
  lua_settop(L, 0);
  luaL_checkstack(L, formats + LUA_MINSTACK, "too many formats");
  lua_pushvalue(L, lua_upvalueindex(1));
  for (int i = 0; i < formats; ++i) lua_pushvalue(L, lua_upvalueindex(4 + i));
  return begin_read(L, true);
}

int lines(lua_State* L) {
  (void)open_file(L);
  return push_lines(L, false);
}

// --- Writing

int finish_write(lua_State* L, int status, lua_KContext) {
  after_wait(L, status);
  File& file = open_file(L);
  charge_file(L, 1, 0);
  if (const int error = file.take_error(); error != 0) return push_failure(L, {}, error);
  lua_settop(L, 1);
  return 1;
}

int write(lua_State* L) {
  File& file = open_file(L);
  for (int i = 2; i <= lua_gettop(L); ++i) {
    std::size_t size = 0;
    const char* text = luaL_checklstring(L, i, &size);
    charge_file(L, 1, file.memory_bytes() + size);
    if (file.put({text, size}) != Outcome::done) return push_failure(L, {}, file.take_error());
  }
  if (file.output().size() >= file.limits().buffer_bytes) return flush_of(L, 0, finish_write);
  return finish_write(L, LUA_OK, 0);
}

int flush(lua_State* L) {
  if (open_file(L).output().empty()) return finish_write(L, LUA_OK, 0);
  return flush_of(L, 0, finish_write);
}

int seek_flushed(lua_State* L, int status, lua_KContext) {
  after_wait(L, status);
  File& file = open_file(L);
  if (const int error = file.take_error(); error != 0) return push_failure(L, {}, error);
  constexpr const char* kNames[] = {"set", "cur", "end", nullptr};
  const auto whence = static_cast<files::Whence>(luaL_checkoption(L, 2, "cur", kNames));
  const auto position = file.seek(whence, luaL_optinteger(L, 3, 0));
  if (position < 0) return push_failure(L, {}, file.take_error());
  lua_pushinteger(L, position);
  return 1;
}

int seek(lua_State* L) {
  if (open_file(L).output().empty()) return seek_flushed(L, LUA_OK, 0);
  return flush_of(L, 0, seek_flushed);
}

// Buffers are as large as they are; scripts that set them go on.
int setvbuf(lua_State* L) {
  (void)open_file(L);
  return lua_pushboolean(L, 1), 1;
}

int finish_close(lua_State* L, int status, lua_KContext) {
  after_wait(L, status);
  const int error = open_file(L).take_error();
  drop_file(L, 1);
  if (error != 0) return push_failure(L, {}, error);
  return lua_pushboolean(L, 1), 1;
}

}  // namespace

int push_lines(lua_State* L, bool closes) {
  constexpr int kMostFormats = 200;
  const int formats = lua_gettop(L) - 1;
  luaL_argcheck(L, formats <= kMostFormats, kMostFormats + 1, "too many arguments");
  lua_pushvalue(L, 1);
  lua_pushboolean(L, closes ? 1 : 0);
  lua_pushinteger(L, formats);
  lua_rotate(L, 2, 3);  // the file, then these, then the formats
  lua_pushcclosure(L, next_line, 3 + formats);
  return 1;
}

int close_file(lua_State* L) {
  const File& file = open_file(L);
  lua_settop(L, 1);
  if (file.output().empty()) return finish_close(L, LUA_OK, 0);
  return on_disk(L, [](File& of) { return of.close(); }, 0, finish_close);
}

void add_file_methods(script::HostTable& table) {
  const auto add = [&](std::string_view name, std::string_view signature, std::string_view doc,
                       script::HostFunction::Raw function) {
    table.functions.push_back({kFileClass, name, signature, doc, function});
  };
  add("read", "fun(self: File, ...: string|integer): any",
      "Reads a line (`l`, or `L` with its end), a number (`n`), all that is left (`a`) or so many "
      "bytes; nil at the end. One call reads 16 MiB at most, else nil, \"File too large\", 27.",
      read);
  add("lines", "fun(self: File, ...: string|integer): fun(): any",
      "Iterates over the lines, or over what the formats read; the file stays open.", lines);
  add("write", "fun(self: File, ...: string|number): File?, string?, integer?",
      "Writes at the position; a file has 64 MiB at most.", write);
  add("seek", "fun(self: File, whence: string?, offset: integer?): integer?, string?, integer?",
      "Moves to `set`, `cur` or `end` plus the offset, and answers the position in bytes.", seek);
  add("flush", "fun(self: File): File?, string?, integer?", "Writes what is buffered.", flush);
  add("setvbuf", "fun(self: File, mode: string, size: integer?): boolean",
      "Changes nothing; scripts that call it go on.", setvbuf);
  add("close", "fun(self: File): boolean?, string?, integer?",
      "Writes what is buffered and closes the file.", close_file);
}

}  // namespace gvm::host
