#pragma once
// The folders an operator's script may read files of, and the one it may write in. A path is
// resolved by the kernel beneath an open descriptor of its folder (openat2), so that neither ".."
// nor a link leaves it, whatever is renamed meanwhile. Blocking.
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "files/mode.h"

namespace gvm::files {

struct Folder {
  std::string path;  // absolute, or relative to the working directory of the process
  bool writable = false;
};

class Folders {
 public:
  Folders() = default;
  // A relative path is looked for in the folders in their order; in the working directory last, as
  // far as that lies inside of one.
  explicit Folders(std::vector<Folder> folders) : folders_(std::move(folders)) {}

  // A regular file, open. The error is an errno: EACCES for what lies outside, is read only or is
  // no regular file, EPERM for a file that the modules keep in the writable folder themselves
  // (own_files.h), ENOENT, EISDIR and the others as open() says them. A writable folder that is not
  // there yet is made for a mode that writes.
  std::expected<Fd, int> open(std::string_view path, Mode mode) const;

 private:
  std::expected<Fd, int> open_absolute(const std::string& path, Mode mode) const;

  std::vector<Folder> folders_;
};

}  // namespace gvm::files
