#pragma once
// Reads the PostgreSQL ledger; blocking.
#include "store/ledger.h"
#include "store/reader.h"
#include "store/rewrite.h"

namespace gvm::store::postgres {

// Connects; creates or migrates the tables.
Result<std::unique_ptr<LedgerReader>> open_reader(const Secret& url);

// How many records got another text. LEDGER_*.
Result<std::uint64_t> rewrite_records(const Secret& url, RecordRewrite what);

}  // namespace gvm::store::postgres
