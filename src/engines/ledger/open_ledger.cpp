#include "ledger/open_ledger.h"

#include "store/postgres/ledger.h"
#include "store/postgres/reader.h"
#include "store/sqlite/ledger.h"
#include "store/sqlite/reader.h"

namespace gvm::ledger {

Result<std::shared_ptr<store::Ledger>> open_ledger(store::LedgerOptions options,
                                                   log::Logger logger) {
  if (options.postgres_url.empty())
    return store::sqlite::open_ledger(std::move(options), std::move(logger));
  return store::postgres::open_ledger(std::move(options), std::move(logger));
}

Result<std::unique_ptr<store::LedgerReader>> open_reader(const store::LedgerOptions& options) {
  if (options.postgres_url.empty()) return store::sqlite::open_reader(options.folder, options.time);
  return store::postgres::open_reader(options.postgres_url);
}

}  // namespace gvm::ledger
