#pragma once
// Which decision records a transaction has. Apart from the ledger itself: only people ask.
#include <cstddef>
#include <string>
#include <vector>

#include "store/ledger.h"

namespace gvm::ledger {

inline constexpr std::size_t kCallsSearched = 200'000;  // the newest ones of the ledger

// The records of the transaction's calls, newest first, at most `most`: ids, whose records may be
// gone already. Blocks; beside the process that owns the ledger, as a LedgerReader.
Result<std::vector<std::string>> records_of(const store::LedgerOptions& options,
                                            const std::string& tx, std::size_t most);

}  // namespace gvm::ledger
