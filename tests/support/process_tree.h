#pragma once
// The processes of this machine, for tests that nothing remains.
#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace gvm::test {

// Every living process below `root`, with `root`.
std::vector<pid_t> process_tree(pid_t root);
// Of `pids`, those whose command line contains `part`.
std::vector<pid_t> with_command(const std::vector<pid_t>& pids, std::string_view part);
std::string command_of(pid_t pid);
// Those of `pids` that are still running after the time (zombies do not count).
std::vector<pid_t> still_running(const std::vector<pid_t>& pids, std::chrono::milliseconds timeout);

}  // namespace gvm::test
