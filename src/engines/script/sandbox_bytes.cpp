// string.upper, lower and reverse in pieces: a long string takes longer than a slice.
#include "script/sandbox_bytes.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <lua.hpp>

#include "base/size.h"
#include "script/vm.h"

namespace gvm::script {

namespace {

constexpr std::size_t kPiece = 512 * kKiB;  // about half a millisecond
constexpr std::size_t kShort = 16 * kKiB;   // without a buffer of its own

using Table = std::array<char, 256>;

// Of the C locale, which is the only one here.
constexpr Table table_of(char first, char last, int distance) {
  Table table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto c = static_cast<char>(i);
    table[i] = c >= first && c <= last ? static_cast<char>(c + distance) : c;
  }
  return table;
}
constexpr Table kUpper = table_of('a', 'z', 'A' - 'a');
constexpr Table kLower = table_of('A', 'Z', 'a' - 'A');

// Bytes [begin, end) of the result; `size` is that of the whole text.
using Transform = void (*)(const char* text, std::size_t size, std::size_t begin, std::size_t end,
                           char* out);

template <const Table& kTable>
void map_bytes(const char* text, std::size_t, std::size_t begin, std::size_t end, char* out) {
  for (std::size_t i = begin; i < end; ++i) out[i] = kTable[static_cast<unsigned char>(text[i])];
}

void reverse_bytes(const char* text, std::size_t size, std::size_t begin, std::size_t end,
                   char* out) {
  std::reverse_copy(text + (size - end), text + (size - begin), out + begin);
}

template <Transform kTransform>
int go_on(lua_State* L, int, lua_KContext done);

// Stack: the text, the buffer. Nothing here has a destructor: a pause jumps over this frame.
template <Transform kTransform>
int transform_from(lua_State* L, std::size_t done) {
  std::size_t size = 0;
  const char* text = lua_tolstring(L, 1, &size);
  auto* out = static_cast<char*>(lua_touserdata(L, 2));
  for (;;) {
    const std::size_t end = std::min(size, done + kPiece);
    kTransform(text, size, done, end, out);
    done = end;
    if (done == size) break;
    if (Vm::of(L).must_pause(L)) {
      return Vm::pause(L, static_cast<lua_KContext>(done), go_on<kTransform>);
    }
  }
  lua_pushlstring(L, out, size);
  return 1;
}

template <Transform kTransform>
int go_on(lua_State* L, int, lua_KContext done) {
  return transform_from<kTransform>(L, static_cast<std::size_t>(done));
}

template <Transform kTransform>
int transform(lua_State* L) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(L, 1, &size);
  if (size <= kShort) {
    luaL_Buffer out;
    kTransform(text, size, 0, size, luaL_buffinitsize(L, &out, size));
    luaL_pushresultsize(&out, size);
    return 1;
  }
  lua_settop(L, 1);
  lua_newuserdatauv(L, size, 0);
  return transform_from<kTransform>(L, 0);
}

constexpr luaL_Reg kFunctions[] = {{"upper", transform<map_bytes<kUpper>>},
                                   {"lower", transform<map_bytes<kLower>>},
                                   {"reverse", transform<reverse_bytes>},
                                   {nullptr, nullptr}};

}  // namespace

void set_byte_functions(lua_State* L) {
  luaL_setfuncs(L, kFunctions, 0);
}

}  // namespace gvm::script
