#include "store/ledger.h"

#include "store/pg_ledger.h"
#include "store/pg_reader.h"
#include "store/sqlite_ledger.h"
#include "store/sqlite_reader.h"

namespace gvm::store {

Result<std::shared_ptr<Ledger>> open_ledger(LedgerOptions options, log::Logger logger) {
  if (!options.postgres_url.empty()) return open_pg_ledger(std::move(options), std::move(logger));
  return open_sqlite_ledger(std::move(options), std::move(logger));
}

Result<std::unique_ptr<LedgerReader>> open_reader(const LedgerOptions& options) {
  if (!options.postgres_url.empty()) return open_pg_reader(options.postgres_url);
  return open_sqlite_reader(options.folder, options.time);
}

}  // namespace gvm::store
