#pragma once
// What Lua is built with: it includes this header (LUA_USER_H).
//
// How it leaves its frames: an error is a C++ exception: destructors of the frames in between run.
// A yield is an exception too, unless whoever yields says that no frame up to the resume has a
// destructor: then it is a jump, which costs a fiftieth.
#include <csetjmp>
#include <cstdint>
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
