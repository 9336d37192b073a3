#pragma once
// Reads a SQLite ledger's database and, to verify, its journal.
#include <filesystem>

#include "store/ledger.h"
#include "store/reader.h"

namespace gvm::store::sqlite {

Result<std::unique_ptr<LedgerReader>> open_reader(const std::filesystem::path& folder,
                                                  TimeSource time);

}  // namespace gvm::store::sqlite
