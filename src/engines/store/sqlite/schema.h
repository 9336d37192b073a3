#pragma once
// The tables of the SQLite ledger, and the migrations between versions.
#include <span>
#include <string_view>

#include "store/sqlite/database.h"

namespace gvm::store::sqlite {

// Step n migrates version n to n + 1. A step is never changed once released.
std::span<const std::string_view> migrations();

// Each step is a transaction of its own. LEDGER_NEWER_SCHEMA when the database is newer than
// `steps`, LEDGER_CORRUPT when it belongs to another program.
Result<void> migrate(Database& database, std::span<const std::string_view> steps);
// For readers: LEDGER_NEWER_SCHEMA, or LEDGER_UNAVAILABLE when it is older or empty.
Result<void> check_version(Database& database);

}  // namespace gvm::store::sqlite
