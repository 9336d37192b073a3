#pragma once
// Asks the PostgreSQL ledger, blocking.
#include "store/ledger.h"
#include "store/reader.h"

namespace gvm::store {

// Connects; makes or migrates the tables.
Result<std::unique_ptr<LedgerReader>> open_pg_reader(const Secret& url);

}  // namespace gvm::store
