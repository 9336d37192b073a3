#include "script/random_bits.h"

#include <sys/random.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace gvm::script {

// Drawn ahead: a system call, or the processor's random instruction, for every Lua state would cost
// more than many of the functions that are opened in it.
std::uint64_t random_bits() {
  thread_local std::array<std::uint64_t, 32> drawn{};  // 256 bytes come in one piece (getrandom(2))
  thread_local std::size_t left = 0;
  if (left == 0) {
    if (::getrandom(drawn.data(), sizeof drawn, 0) != sizeof drawn) std::abort();
    left = drawn.size();
  }
  return std::exchange(drawn[--left], 0);
}

}  // namespace gvm::script
