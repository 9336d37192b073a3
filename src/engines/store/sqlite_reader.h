#pragma once
// Reads a SQLite ledger's database and, to verify, its journal.
#include <filesystem>

#include "store/ledger.h"
#include "store/reader.h"

namespace gvm::store {

Result<std::unique_ptr<LedgerReader>> open_sqlite_reader(const std::filesystem::path& folder,
                                                         TimeSource time);

}  // namespace gvm::store
