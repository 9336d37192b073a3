#pragma once
// Which decision records a transaction has, for people who look one up. Blocks.
#include <cstddef>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/secret.h"

namespace gvm::store::postgres {

// See ledger/records_of.h.
Result<std::vector<std::string>> records_of(const Secret& url, const std::string& tx,
                                            std::size_t most, std::size_t searched);

}  // namespace gvm::store::postgres
