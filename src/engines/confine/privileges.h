#pragma once
// What a process gives up for good, besides files, ports and system calls. Each function returns an
// empty text when it holds from now on, else why not.
#include <string>
#include <string_view>
#include <vector>

namespace gvm::confine {

// No program that this process or a child starts gets more rights than it has (setuid, file
// capabilities).
std::string no_new_privileges();

// No core dump, and no look into the process's memory by others of the same user.
std::string no_core_dumps();

// No real-time scheduling, message queues or higher priority; the rest of the limits stays the
// operator's.
std::string lower_limits();

// Drops what a process of root may do, but for files, low ports, locked memory and signals; for
// this thread and those it starts, so it is called before the first. A process of another user has
// nothing to drop.
std::string drop_capabilities();

// Keeps the pages of `texts` out of swap and of core dumps. The kernel limits how much
// (RLIMIT_MEMLOCK).
std::string lock_memory(const std::vector<std::string_view>& texts);

// This process has one thread only.
bool is_single_threaded();

}  // namespace gvm::confine
