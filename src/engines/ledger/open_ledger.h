#pragma once
// Opens the ledger that the options select: PostgreSQL when a URL is set, else the embedded one on
// SQLite. Only this file knows both.
#include <memory>

#include "store/ledger.h"

namespace gvm::ledger {

// Blocks. LEDGER_LOCKED, LEDGER_CORRUPT, LEDGER_NEWER_SCHEMA, LEDGER_READ_ONLY, LEDGER_DISK_FULL,
// LEDGER_UNAVAILABLE, each with a sentence. With `proceed`, an unreachable PostgreSQL server is no
// error: the ledger opens and connects later.
Result<std::shared_ptr<store::Ledger>> open_ledger(store::LedgerOptions options,
                                                   log::Logger logger);
// For tools: reads a ledger while another process owns it, or without an owner.
Result<std::unique_ptr<store::LedgerReader>> open_reader(const store::LedgerOptions& options);

}  // namespace gvm::ledger
