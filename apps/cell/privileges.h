#pragma once
// Restrictions on a cell's processes.
#include <sys/types.h>

#include <cstddef>

namespace gvm::cell {

// The user nobody, with Debian's number.
inline constexpr uid_t kBrowserUser = 65534;

struct ProcessLimits {
  std::size_t processes = 0;   // of this user in this user namespace
  std::size_t open_files = 0;  // of each process
};
void set_limits(const ProcessLimits& limits);

// Changes from root to kBrowserUser.
bool become_browser_user();
// Drops all capabilities, prevents gaining any by running a program, and forbids other processes of
// the same user to inspect this process.
void drop_capabilities();
// Makes the kernel kill this process first when memory runs out.
void be_killed_first();

}  // namespace gvm::cell
