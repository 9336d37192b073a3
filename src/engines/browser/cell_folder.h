#pragma once
// The folder of one cell: its sockets and, without namespaces, its profile. It is locked while its
// owner lives, so that a later process can recognise abandoned folders.
#include <sys/types.h>

#include <filesystem>

#include "base/error.h"
#include "base/fd.h"

namespace gvm::browser {

class CellFolder {
 public:
  // Creates `runtime_dir` (0700) when it is missing. CREATING_SESSION, kind start.
  static Result<CellFolder> make(const std::filesystem::path& runtime_dir);
  CellFolder(CellFolder&&) = default;
  CellFolder& operator=(CellFolder&&) = default;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path driver_socket() const { return path_ / "driver.sock"; }
  std::filesystem::path devtools_socket() const { return path_ / "devtools.sock"; }
  // So that a later process can end it.
  void note_process(pid_t pid) const;

 private:
  CellFolder() = default;
  std::filesystem::path path_;
  Fd lock_;
};

// Removes the folder and what it links to. False when something remains, because a process that is
// just ending may still write there. The link then remains as well, so that the next attempt finds
// it.
bool wipe_cell_folder(const std::filesystem::path& folder);
// Repeats that for a limited time. Blocks.
void wipe_cell_folder_patiently(const std::filesystem::path& folder);

}  // namespace gvm::browser
