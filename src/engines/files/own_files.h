#pragma once
// The files that the modules keep in data_dir themselves: the ledger, its journal and its lock
// (docs/ledger.md). No script may open one, not even to read it: closing any descriptor of a
// database releases the locks that this process holds on it (fcntl(2), "Record locks").
#include <sys/stat.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gvm::files {

inline constexpr std::string_view kLedgerFile = "ledger.db";
inline constexpr std::string_view kLedgerLock = "lock";
inline constexpr std::string_view kLedgerJournal = "journal-";  // a number follows
// What SQLite puts behind a database's name for the files that it keeps beside it.
inline constexpr std::array<std::string_view, 3> kBesideDatabase{"-journal", "-wal", "-shm"};

class OwnFiles {
 public:
  // Without folders nothing is protected.
  explicit OwnFiles(std::vector<std::string> data_dirs) : data_dirs_(std::move(data_dirs)) {}

  // Whether a file of that name in the open folder `parent` is one of these, or would be one if it
  // were made. A folder of another module's ledger counts as well as data_dir.
  bool has_name(int parent, std::string_view name) const;
  // Whether this file of data_dir is one of these under another name: by a link, hard or symbolic.
  bool is_linked(const struct stat& file) const;

 private:
  bool is_ledger_folder(int folder) const;

  std::vector<std::string> data_dirs_;
};

}  // namespace gvm::files
