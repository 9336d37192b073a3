#pragma once
// One process owns a ledger's folder: a lock that the system drops when the process ends however it
// ends.
#include <filesystem>

#include "base/error.h"
#include "base/fd.h"

namespace gvm::store::sqlite {

class FolderLock {
 public:
  // Makes the folder when it is absent. LEDGER_LOCKED naming the process that holds it.
  static Result<FolderLock> take(const std::filesystem::path& folder);

 private:
  Fd fd_;
};

}  // namespace gvm::store::sqlite
