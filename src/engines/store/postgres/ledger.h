#pragma once
// The ledger that several modules or machines share. Windows are cut by the database's clock; what
// a session may spend is counted here, as a session lives in one process.
#include "store/ledger.h"

namespace gvm::store::postgres {

Result<std::shared_ptr<Ledger>> open_ledger(LedgerOptions options, log::Logger logger);

}  // namespace gvm::store::postgres
