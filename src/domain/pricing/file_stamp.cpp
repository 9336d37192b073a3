#include "pricing/file_stamp.h"

#include <sys/stat.h>

namespace gvm::pricing {

std::optional<FileStamp> stamp_of(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  constexpr std::int64_t kNanoPerSecond = 1'000'000'000;
  return FileStamp{.device = found.st_dev,
                   .inode = found.st_ino,
                   .size = found.st_size,
                   .changed_ns = found.st_ctim.tv_sec * kNanoPerSecond + found.st_ctim.tv_nsec};
}

}  // namespace gvm::pricing
