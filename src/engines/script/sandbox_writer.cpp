#include "script/sandbox_writer.h"

#include <algorithm>
#include <cstring>
#include <lua.hpp>

#include "base/size.h"

namespace gvm::script {

namespace {

constexpr std::size_t kFirstCapacity = 1 * kKiB;
constexpr std::size_t kGrowth = 8;
constexpr std::size_t kPiece = 256 * kKiB;

}  // namespace

// In the first slot, its bytes behind it. The second slot has the table of pieces, once there is
// one.
struct TextWriter::Buffer {
  std::size_t capacity;
  std::size_t size;
  lua_Integer pieces;

  char* bytes() { return reinterpret_cast<char*>(this + 1); }
};

namespace {

template <class Buffer>
Buffer* push_buffer(lua_State* L, std::size_t capacity) {
  auto* buffer = static_cast<Buffer*>(lua_newuserdatauv(L, sizeof(Buffer) + capacity, 0));
  *buffer = {capacity, 0, 0};
  return buffer;
}

}  // namespace

void TextWriter::push_new(lua_State* L) {
  luaL_checkstack(L, kSlots, nullptr);
  push_buffer<Buffer>(L, kFirstCapacity);
  lua_pushnil(L);
}

TextWriter::Buffer& TextWriter::buffer() const {
  return *static_cast<Buffer*>(lua_touserdata(L_, slot_));
}

// To hold `needed` bytes more, which fit a piece.
TextWriter::Buffer& TextWriter::grow(std::size_t needed) {
  Buffer& old = buffer();
  const std::size_t wanted = std::max(old.size + needed, old.capacity * kGrowth);
  auto* larger = push_buffer<Buffer>(L_, std::min(wanted, kPiece));
  std::memcpy(larger->bytes(), old.bytes(), old.size);
  larger->size = old.size;
  lua_replace(L_, slot_);
  return *larger;
}

// What the buffer holds becomes the next piece.
void TextWriter::end_piece(Buffer& buffer) {
  if (buffer.pieces == 0) {
    lua_newtable(L_);
    lua_replace(L_, slot_ + 1);
  }
  lua_pushlstring(L_, buffer.bytes(), buffer.size);
  lua_rawseti(L_, slot_ + 1, ++buffer.pieces);
  buffer.size = 0;
}

void TextWriter::append(std::string_view text) {
  luaL_checkstack(L_, kSlots, nullptr);
  while (!text.empty()) {
    Buffer* to = &buffer();
    if (to->size == kPiece) end_piece(*to);
    const std::size_t taken = std::min(text.size(), kPiece - to->size);
    if (to->size + taken > to->capacity) to = &grow(taken);
    std::memcpy(to->bytes() + to->size, text.data(), taken);
    to->size += taken;
    text.remove_prefix(taken);
  }
}

void TextWriter::push_text() {
  Buffer& last = buffer();
  if (last.pieces == 0) {
    lua_pushlstring(L_, last.bytes(), last.size);
    return;
  }
  end_piece(last);
  const auto count = static_cast<int>(last.pieces);
  luaL_checkstack(L_, count, "text too long");
  for (int i = 1; i <= count; ++i) lua_rawgeti(L_, slot_ + 1, i);
  lua_concat(L_, count);
}

}  // namespace gvm::script
