#pragma once
// Reads the PostgreSQL ledger; blocking.
#include "store/ledger.h"
#include "store/reader.h"

namespace gvm::store::postgres {

// Connects; creates or migrates the tables.
Result<std::unique_ptr<LedgerReader>> open_reader(const Secret& url);

}  // namespace gvm::store::postgres
