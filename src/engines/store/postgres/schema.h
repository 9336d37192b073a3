#pragma once
// The tables and functions of the PostgreSQL ledger and the steps between their versions. Reserving
// and settling are one function each, so one round trip and one transaction.
#include <span>
#include <string_view>

#include "store/postgres/connection.h"

namespace gvm::store::postgres {

// Step n leads from version n to n + 1; never changed once released.
std::span<const std::string_view> migrations();

// Each step in a transaction of its own; of machines that start together one does it.
// LEDGER_NEWER_SCHEMA when the database is further than `steps`. The connection must outlive it.
asio::awaitable<Result<void>> migrate(Connection& connection,
                                      std::span<const std::string_view> steps, Deadline deadline);

}  // namespace gvm::store::postgres
