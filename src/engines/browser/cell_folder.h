#pragma once
// The folder of one cell: its sockets and, without namespaces, its profile. Locked while its owner
// lives, so that a successor can tell what was left behind.
#include <sys/types.h>

#include <filesystem>

#include "base/error.h"
#include "base/fd.h"

namespace gvm::browser {

class CellFolder {
 public:
  // Makes `runtime_dir` (0700) when it is missing. CREATING_SESSION, kind start.
  static Result<CellFolder> make(const std::filesystem::path& runtime_dir);
  CellFolder(CellFolder&&) = default;
  CellFolder& operator=(CellFolder&&) = default;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path driver_socket() const { return path_ / "driver.sock"; }
  std::filesystem::path devtools_socket() const { return path_ / "devtools.sock"; }
  // So that a successor can end it.
  void note_process(pid_t pid) const;

 private:
  CellFolder() = default;
  std::filesystem::path path_;
  Fd lock_;
};

// The folder and what it links to. False when something is left, as a process that is just ending
// may still write there: then its link is left as well, so that the next attempt finds it.
bool wipe_cell_folder(const std::filesystem::path& folder);
// The same, again and again for a while. Blocks.
void wipe_cell_folder_patiently(const std::filesystem::path& folder);

}  // namespace gvm::browser
