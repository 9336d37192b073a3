#pragma once
// What long runs with faults share: peers for a while, and what is left after them.
#include <chrono>
#include <cstddef>
#include <functional>
#include <random>
#include <vector>

#include "base/deadline.h"
#include "e2e/module.h"

namespace gvm::e2e {

using Random = std::mt19937_64;

// SOAK_SECONDS, 15 s unless it is set.
std::chrono::seconds soak_time();
// Until pools, caches and the heap are as large as they get.
std::chrono::milliseconds warm_up_time();
// The programs: a sanitizer keeps what was freed. GVM_E2E_BIN names others.
bool is_not_sanitized();

std::size_t private_dirty(pid_t pid);

struct Left {
  std::size_t memory = 0;  // private dirty bytes
  std::size_t descriptors = 0;
  std::size_t processes = 0;
  std::size_t files = 0;  // below data_dir
};
// Once nobody asks the module any more.
Left left_in(Module& module);
// Within a tenth of the memory, and nothing else more but what pools keep.
void expect_no_more(const Left& after, const Left& before);

// Descriptors run out for a moment, as far as the module is concerned.
void starve_of_descriptors(Module& module);
// Files may not grow for a moment, as on a full disk.
void fill_disk_of(Module& module);
// It does not run for a moment.
void stop_for_a_moment(Module& module);

// Peers that do `ask` again and again, and a machine that does one of `faults` from time to time.
// Peers survive what their sessions do not. Returns how often `ask` ended.
int run_with_faults(std::chrono::milliseconds span, const std::function<void(Random&)>& ask,
                    const std::vector<std::function<void()>>& faults);

}  // namespace gvm::e2e
