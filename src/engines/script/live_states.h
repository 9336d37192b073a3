#pragma once
#include <cstddef>

namespace gvm::script {

// Lua states of the process: of sessions, and those that wait for some. Any thread.
std::size_t live_states();

}  // namespace gvm::script
