#pragma once
// Which decision records a transaction has, for people who look one up. Blocks.
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

namespace gvm::store::sqlite {

// See ledger/records_of.h.
Result<std::vector<std::string>> records_of(const std::filesystem::path& folder,
                                            const std::string& tx, std::size_t most,
                                            std::size_t searched);

}  // namespace gvm::store::sqlite
