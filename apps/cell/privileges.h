#pragma once
// What a cell's processes may not do.
#include <sys/types.h>

#include <cstddef>

namespace gvm::cell {

// Nobody, as Debian numbers it.
inline constexpr uid_t kBrowserUser = 65534;

struct ProcessLimits {
  std::size_t processes = 0;   // of this user in this user namespace
  std::size_t open_files = 0;  // of each process
};
void set_limits(const ProcessLimits& limits);

// From root to kBrowserUser.
bool become_browser_user();
// No capability, none to be gained by running a program, and nobody of the same user may look
// into this process.
void drop_capabilities();
// The kernel's choice when memory runs out.
void be_killed_first();

}  // namespace gvm::cell
