#pragma once
// What a start does with the journal of the previous process: ended calls are moved into the
// database, and all others are charged at their worst case. Can be interrupted and repeated.
#include <filesystem>

#include "store/ledger.h"
#include "store/sqlite/store.h"

namespace gvm::store::sqlite {

struct Recovered {
  RecoveryReport report;
  std::uint32_t next_segment = 1;
  std::uint64_t last_number = 0;
  std::int64_t last_ms = 0;
};
Result<Recovered> recover(Store& store, const std::filesystem::path& folder);

}  // namespace gvm::store::sqlite
