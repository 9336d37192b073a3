#pragma once
// A program to start, and what came of it.
#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/fd.h"

namespace gvm::launch {

struct Command {
  std::string program;                      // absolute
  std::vector<std::string> arguments = {};  // without the program's name
  std::vector<std::string> environment = {};
  // This process's descriptor, and its number in the new program. Standard input is /dev/null.
  std::vector<std::pair<int, int>> descriptors = {};
  bool quiet = false;  // standard output and error go to /dev/null, else to where ours go
};

// The new process: a session of its own, no signal blocked or ignored.
struct Started {
  pid_t pid = -1;
  Fd process;  // a pidfd: readable once it has ended
};

// Starts it as a child of this process. CANNOT_START, with the system's number in ctx.errno.
Result<Started> start_here(const Command& command);
Error start_error(const std::string& program, int number);

}  // namespace gvm::launch
