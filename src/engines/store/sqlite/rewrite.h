#pragma once
#include <filesystem>

#include "base/error.h"
#include "store/rewrite.h"

namespace gvm::store::sqlite {

// How many records got another text. Beside the process that owns the ledger each changed row is a
// short transaction of its own. LEDGER_*; what was changed before an error stays changed.
Result<std::uint64_t> rewrite_records(const std::filesystem::path& folder, RecordRewrite what);

}  // namespace gvm::store::sqlite
