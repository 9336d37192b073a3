#pragma once
// Support for the tests of the embedded ledger.
#include "store/sqlite/ledger.h"
#include "store/sqlite/reader.h"
#include "store/test_ledger.h"

namespace gvm::store::sqlite {

inline Result<std::unique_ptr<LedgerReader>> reader_of(const LedgerOptions& options) {
  return open_reader(options.folder, options.time);
}

inline std::string findings(const LedgerOptions& options) {
  return store::findings(reader_of(options));
}

}  // namespace gvm::store::sqlite
