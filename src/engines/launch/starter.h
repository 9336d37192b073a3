#pragma once
// Who starts other programs once this process has confined itself and cannot: a small process that
// was split off before. It starts the programs that it was told at its own start and no others, and
// ends with this process.
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "launch/command.h"

namespace gvm::launch {

// Splits the starter off; before the first thread, and once. `confine` runs in it before it serves.
// From then on start() asks it. CANNOT_START.
Result<void> begin_starter(std::vector<std::string> programs, const std::function<void()>& confine);
// Its process; -1: there is none.
pid_t starter_pid();

// Starts a program: by the starter if there is one, else as a child of this process. Waits for the
// start, not for the program. Thread safe. CANNOT_START.
Result<Started> start(const Command& command);

}  // namespace gvm::launch
