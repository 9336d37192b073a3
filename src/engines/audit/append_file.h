#pragma once
// A file that only grows by whole pieces: what was written in part is cut off again. Blocking; of
// one thread.
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"
#include "store/disk.h"

namespace gvm::audit {

class AppendFile {
 public:
  // A new file, for its owner alone, locked while it is open. AUDIT_*.
  static Result<AppendFile> create(const std::filesystem::path& path, const store::DiskCalls& disk);

  // AUDIT_*; the file is then as before, or becomes so before the next append.
  Result<void> append(std::string_view bytes);
  // Takes the last appends back, to `size` bytes.
  Result<void> cut(std::uint64_t size);
  // Makes durable what was appended.
  Result<void> sync();

  std::uint64_t size() const { return size_; }
  bool dirty() const { return dirty_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  const store::DiskCalls* disk_ = nullptr;
  Fd file_;
  std::uint64_t size_ = 0;
  bool torn_ = false;  // more than size_ may be in the file
  bool dirty_ = false;
};

}  // namespace gvm::audit
