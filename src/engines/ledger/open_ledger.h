#pragma once
// Opens the ledger that the options select: PostgreSQL when a URL is set, else the embedded one on
// SQLite. Only this file knows both.
#include <memory>
#include <string>

#include "store/ledger.h"
#include "store/rewrite.h"

namespace gvm::ledger {

// Blocks. LEDGER_LOCKED, LEDGER_CORRUPT, LEDGER_NEWER_SCHEMA, LEDGER_READ_ONLY, LEDGER_DISK_FULL,
// LEDGER_UNAVAILABLE, each with a sentence. With `proceed`, an unreachable PostgreSQL server is no
// error: the ledger opens and connects later.
Result<std::shared_ptr<store::Ledger>> open_ledger(store::LedgerOptions options,
                                                   log::Logger logger);
// From here on a SQLite ledger is not owned by this process but by a keeper, which several LLM
// modules may use at once (store/keeper); `program` starts one. Called before the first ledger is
// opened, by a module that another one will take over from.
void use_keeper(std::string program);
// For tools: beside the process that owns the ledger, or without one.
Result<std::unique_ptr<store::LedgerReader>> open_reader(const store::LedgerOptions& options);
// How many decision records got another text; the modules may be running. LEDGER_*.
Result<std::uint64_t> rewrite_records(const store::LedgerOptions& options,
                                      store::RecordRewrite what);

}  // namespace gvm::ledger
