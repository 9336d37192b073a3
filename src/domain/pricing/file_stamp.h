#pragma once
// What tells one version of a file from another without reading it.
#include <cstdint>
#include <optional>
#include <string>

namespace gvm::pricing {

struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;        // bytes
  std::int64_t changed_ns = 0;  // ctime: unlike mtime, no copying tool sets it back

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

// Of the file a path leads to, through symbolic links; empty when there is none.
std::optional<FileStamp> stamp_of(const std::string& path);

}  // namespace gvm::pricing
