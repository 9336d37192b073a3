#include "ledger/records_of.h"

#include "store/postgres/records_of.h"
#include "store/sqlite/records_of.h"

namespace gvm::ledger {

Result<std::vector<std::string>> records_of(const store::LedgerOptions& options,
                                            const std::string& tx, std::size_t most) {
  if (options.postgres_url.empty())
    return store::sqlite::records_of(options.folder, tx, most, kCallsSearched);
  return store::postgres::records_of(options.postgres_url, tx, most, kCallsSearched);
}

}  // namespace gvm::ledger
