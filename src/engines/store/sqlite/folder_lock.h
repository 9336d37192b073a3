#pragma once
// Makes one process the owner of a ledger's folder, by a lock that the system releases whenever the
// process ends.
#include <filesystem>

#include "base/error.h"
#include "base/fd.h"

namespace gvm::store::sqlite {

class FolderLock {
 public:
  // Creates the folder when it is absent. LEDGER_LOCKED, naming the process that holds the lock.
  static Result<FolderLock> take(const std::filesystem::path& folder);

 private:
  Fd fd_;
};

}  // namespace gvm::store::sqlite
