#pragma once
// What a start does with the journals of the process before: calls that ended go to the database,
// those that did not are charged at their worst case. Safe to be cut off and repeated.
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
