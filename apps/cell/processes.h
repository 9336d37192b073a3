#pragma once
// The process tree below one process, read from /proc.
#include <sys/types.h>

#include <cstddef>
#include <vector>

namespace gvm::cell {

// Every process that descends from `root`, without it.
std::vector<pid_t> descendants(pid_t root);

struct Usage {
  // The memory that belongs to each process alone, plus the largest shared part once.
  std::size_t memory_bytes = 0;
  std::size_t processes = 0;
};
Usage usage_of(const std::vector<pid_t>& processes);

// Kills all descendants of this process, which must be their reaper, and waits for them. Returns
// when there are none.
void kill_descendants();

}  // namespace gvm::cell
