#pragma once
// Reads the database of a SQLite ledger and, for verify(), its journal.
#include <filesystem>

#include "store/ledger.h"
#include "store/reader.h"

namespace gvm::store::sqlite {

Result<std::unique_ptr<LedgerReader>> open_reader(const std::filesystem::path& folder,
                                                  TimeSource time);

}  // namespace gvm::store::sqlite
