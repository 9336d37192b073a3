#pragma once
// Randomness for Lua states: seeds, and names that no script can guess.
#include <cstdint>

namespace gvm::script {

// Aborts the process when the kernel has no random numbers.
std::uint64_t random_bits();

}  // namespace gvm::script
