#pragma once
// The embedded ledger. The accounts in memory are the truth of the running process; the journal
// lets it survive, the database is the audit. Reserving never waits for the database.
#include "store/ledger.h"

namespace gvm::store::sqlite {

Result<std::shared_ptr<Ledger>> open_ledger(LedgerOptions options, log::Logger logger);

}  // namespace gvm::store::sqlite
