#pragma once
// The stack of another thread of this process, taken by a signal (SIGRTMIN + 3) that interrupts it.
// It names functions and offsets only: no arguments, no memory, no addresses of this run.
#include <sys/types.h>

#include <string>
#include <vector>

namespace gvm::net {

// Before the first stack_of(). It loads what a signal handler must not load.
void prepare_stacks();

// Innermost first, as "program(function+0x12)", or "program(+0x1234)" for a function that the
// program does not export; addr2line translates such an offset. Empty: the thread has not handled
// the signal within a second, as in an uninterruptible system call. One caller at a time.
std::vector<std::string> stack_of(pid_t thread);

}  // namespace gvm::net
