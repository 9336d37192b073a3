#pragma once
// The embedded ledger. The running process decides by the accounts in memory; the journal restores
// them after a crash; the database is the audit. Reserving never waits for the database.
#include "store/ledger.h"

namespace gvm::store::sqlite {

Result<std::shared_ptr<Ledger>> open_ledger(LedgerOptions options, log::Logger logger);

}  // namespace gvm::store::sqlite
