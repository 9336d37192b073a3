#pragma once
// The anonymous memory of this process: heap, stacks and tables, without the pages of programs and
// files, which the kernel can drop. Thread safe.
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/fd.h"

namespace gvm::serve {

class MemoryGauge {
 public:
  // Opens /proc/self/statm; before a sandbox or a chroot could forbid it.
  MemoryGauge();

  // Bytes, at most 20 ms old; 0 where the kernel does not tell. Reading costs some microseconds and
  // waits for nothing.
  std::size_t bytes();

 private:
  std::size_t read() const;

  Fd file_;
  std::atomic<std::int64_t> next_read_ns_{0};
  std::atomic<std::size_t> bytes_{0};
};

}  // namespace gvm::serve
