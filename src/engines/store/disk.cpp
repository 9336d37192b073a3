#include "store/disk.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "store/codes.h"

namespace gvm::store {
namespace {

std::string_view code_of(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return codes::kLedgerDiskFull;
    case EROFS:
    case EACCES:
    case EPERM:
      return codes::kLedgerReadOnly;
    default:
      return codes::kLedgerUnavailable;
  }
}

}  // namespace

DiskCalls DiskCalls::system() {
  return {
      .write = [](int fd, const void* bytes, std::size_t size) { return ::write(fd, bytes, size); },
      .sync = [](int fd) { return ::fdatasync(fd); }};
}

Error disk_error(int number, std::string_view what) {
  return {code_of(number), Fatality::fatal, fmt::format("{}: {}", what, std::strerror(number))};
}

}  // namespace gvm::store
