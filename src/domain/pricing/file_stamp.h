#pragma once
// Tells versions of a file apart without reading it.
#include <cstdint>
#include <optional>
#include <string>

namespace gvm::pricing {

struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;        // bytes
  std::int64_t changed_ns = 0;  // ctime: copying tools can set back mtime, but not ctime

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

// The stamp of the file that a path leads to, through symbolic links; empty when there is none.
std::optional<FileStamp> stamp_of(const std::string& path);

}  // namespace gvm::pricing
