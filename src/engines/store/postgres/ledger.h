#pragma once
// The ledger that several modules or machines share. The database's clock cuts the windows. Budgets
// per session are counted here, because a session lives in one process.
#include "store/ledger.h"

namespace gvm::store::postgres {

Result<std::shared_ptr<Ledger>> open_ledger(LedgerOptions options, log::Logger logger);

}  // namespace gvm::store::postgres
