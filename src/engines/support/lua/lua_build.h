#pragma once
// What Lua is built with: it includes this header (LUA_USER_H).
//
// How it leaves its frames: an error is a C++ exception: destructors of the frames in between run.
// A yield is an exception too, unless whoever yields says that no frame up to the resume has a
// destructor: then it is a jump, which costs a fiftieth.
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace gvm::lua {

// Whether the next yield of this thread may jump. Set it right before the yield (Vm::yield and the
// hook do); whatever leaves Lua's frames next takes it back, an error too.
extern constinit thread_local bool yield_jumps;

// Drawn when the process starts.
extern const std::uint64_t key_seed;

// The number by which an integer key finds its place in a table.
inline std::uint64_t mix_key(std::uint64_t key) {
  const std::uint64_t mixed = (key ^ key_seed) * 0x9e37'79b9'7f4a'7c15;
  return mixed ^ (mixed >> 32);
}

// The order of two strings: negative, 0 or positive.
inline int compare_bytes(const char* a, std::size_t a_size, const char* b, std::size_t b_size) {
  const int order = std::memcmp(a, b, a_size < b_size ? a_size : b_size);
  if (order != 0) return order;
  return a_size < b_size ? -1 : static_cast<int>(a_size > b_size);
}

// Texts of more bytes are no numbers, whatever is in them.
inline constexpr std::size_t kLongestNumber = 64 * 1024;

inline bool is_no_number(const char* text) {
  return strnlen(text, kLongestNumber + 1) > kLongestNumber;
}

}  // namespace gvm::lua

struct lua_State;
namespace gvm::lua {
// Whether an object with a finalizer (__gc) is alive in the state, or waits for it.
bool has_finalizers(lua_State* L);
// Runs the finalizers of all objects as lua_close() does, but frees nothing: the state's memory
// must be dropped or overwritten afterwards. `L` is the main thread, and nothing runs.
void run_finalizers(lua_State* L);
}  // namespace gvm::lua

#define luai_jmpbuf std::jmp_buf

#define LUAI_THROW(L, c)                                            \
  {                                                                 \
    const bool jumps = std::exchange(gvm::lua::yield_jumps, false); \
    if (jumps && (c)->status == LUA_YIELD) _longjmp((c)->b, 1);     \
    throw(c);                                                       \
  }

#define LUAI_TRY(L, c, a)                     \
  if (_setjmp((c)->b) == 0) {                 \
    try {                                     \
      a                                       \
    } catch (...) {                           \
      if ((c)->status == 0) (c)->status = -1; \
    }                                         \
  }
