#pragma once
// The keeper: a process that owns a SQLite ledger for as long as somebody uses it, so that one LLM
// module can take over from another while both spend from the same budgets. It decides nothing: a
// reservation, its settlement and its release are the user's, told over a connection of its own. A
// connection that breaks leaves its open reservations charged at their worst case, as a crash does.
#include <chrono>

#include "base/error.h"
#include "base/log.h"
#include "store/ledger.h"

namespace gvm::store::keeper {

struct KeeperOptions {
  LedgerOptions ledger;
  std::chrono::milliseconds first_user{10'000};  // without one it ends
  std::chrono::milliseconds linger{2'000};       // after the last one has gone
};

// Blocks until nobody uses the ledger any more; the exit code. That another keeper is there already
// is no error. A ledger that cannot be opened is told to whoever connects.
int run_keeper(KeeperOptions options, log::Logger logger);

}  // namespace gvm::store::keeper
