#pragma once
// Host functions the engine itself brings: lib.rs.user_error, lib.rs.as_user_error, and the rows of
// `rat`.
#include <span>

#include "script/script.h"

namespace gvm::script {

// Program::load adds them to the host table; they are listed by Program::host() for the reference
// page.
std::span<const HostFunction> engine_functions();

}  // namespace gvm::script
