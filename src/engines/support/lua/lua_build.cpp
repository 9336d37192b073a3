#include "lua_build.h"

#include <random>

namespace gvm::lua {

constinit thread_local bool yield_jumps = false;

namespace {

std::uint64_t random_seed() {
  std::random_device random;
  return (static_cast<std::uint64_t>(random()) << 32) | random();
}

}  // namespace

const std::uint64_t key_seed = random_seed();

}  // namespace gvm::lua
