#pragma once
// The tables and functions of the PostgreSQL ledger, and the migrations between versions. Reserving
// and settling are one function each, so each takes one round trip and one transaction.
#include <span>
#include <string_view>

#include "store/postgres/connection.h"

namespace gvm::store::postgres {

// Step n migrates version n to n + 1. A step is never changed once released.
std::span<const std::string_view> migrations();

// Each step is a transaction of its own. When several machines start together, one of them
// migrates. LEDGER_NEWER_SCHEMA when the database is newer than `steps`. The connection must
// outlive this.
asio::awaitable<Result<void>> migrate(Connection& connection,
                                      std::span<const std::string_view> steps, Deadline deadline);

}  // namespace gvm::store::postgres
