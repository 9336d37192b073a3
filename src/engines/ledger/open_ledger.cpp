#include "ledger/open_ledger.h"

#include <utility>

#include "store/keeper/client.h"
#include "store/postgres/ledger.h"
#include "store/postgres/reader.h"
#include "store/sqlite/ledger.h"
#include "store/sqlite/reader.h"
#include "store/sqlite/rewrite.h"

namespace gvm::ledger {
namespace {

// Empty: this process owns its ledger.
std::string& keeper_program() {
  static std::string program;
  return program;
}

}  // namespace

void use_keeper(std::string program) {
  keeper_program() = std::move(program);
}

Result<std::shared_ptr<store::Ledger>> open_ledger(store::LedgerOptions options,
                                                   log::Logger logger) {
  if (options.postgres_url.empty() && !keeper_program().empty())
    return store::keeper::open_kept_ledger(std::move(options), keeper_program(), std::move(logger));
  if (options.postgres_url.empty())
    return store::sqlite::open_ledger(std::move(options), std::move(logger));
  return store::postgres::open_ledger(std::move(options), std::move(logger));
}

Result<std::unique_ptr<store::LedgerReader>> open_reader(const store::LedgerOptions& options) {
  if (options.postgres_url.empty()) return store::sqlite::open_reader(options.folder, options.time);
  return store::postgres::open_reader(options.postgres_url);
}

Result<std::uint64_t> rewrite_records(const store::LedgerOptions& options,
                                      store::RecordRewrite what) {
  if (options.postgres_url.empty())
    return store::sqlite::rewrite_records(options.folder, std::move(what));
  return store::postgres::rewrite_records(options.postgres_url, std::move(what));
}

}  // namespace gvm::ledger
