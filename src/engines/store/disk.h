#pragma once
// The disk as the embedded ledger uses it: system calls that tests can replace, and errors of the
// file system as errors of the ledger.
#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string_view>

#include "base/error.h"

namespace gvm::store {

// The system calls of the journal that a disk can make fail.
struct DiskCalls {
  std::function<ssize_t(int fd, const void* bytes, std::size_t size)> write;
  std::function<int(int fd)> sync;

  static DiskCalls system();
};

// LEDGER_DISK_FULL, LEDGER_READ_ONLY or LEDGER_UNAVAILABLE. `number` is an errno, `what` the file.
Error disk_error(int number, std::string_view what);

}  // namespace gvm::store
