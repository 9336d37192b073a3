#pragma once
// A ledger that a keeper owns (server.h), as the module sees it. Every call goes to the keeper and
// back, on a thread of this ledger's own; a lane never waits for it but in reserve().
#include <string>

#include "store/ledger.h"

namespace gvm::store::keeper {

// Connects to the keeper of the folder's ledger; starts `program` ("genvm-modules") as one when
// there is none. Blocks. As sqlite::open_ledger(); LEDGER_UNAVAILABLE when no keeper comes up.
// What a keeper was started with (keep_records, keep_calls) holds until it ends.
Result<std::shared_ptr<Ledger>> open_kept_ledger(LedgerOptions options, std::string program,
                                                 log::Logger logger);

// The keeper's command line, and back.
std::vector<std::string> keeper_arguments(const LedgerOptions& options);

}  // namespace gvm::store::keeper
