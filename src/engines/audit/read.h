#pragma once
// Records shown again, and texts forgotten. For tools; blocking, in memory of a bounded size.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "audit/record.h"
#include "base/error.h"

namespace gvm::audit {

struct Wanted {
  std::optional<std::string> tx;
  std::optional<std::int64_t> since_ms;
  bool texts = false;
};

struct Shown {
  const Parsed& record;
  std::string_view line;             // as it is written
  std::optional<OpenedTexts> texts;  // when they are wanted and kept
  // Empty, or what is wrong with the texts: they are not those that the record has hashes of.
  std::string_view fault;
};

// The answers, the oldest chain first; false from `show` ends it. Lines that are no records are
// left out: verify() tells of them. AUDIT_*.
Result<void> for_each_answer(const std::filesystem::path& folder, const Wanted& wanted,
                             const std::function<bool(const Shown&)>& show);

struct Forgotten {
  std::uint64_t answers = 0;  // whose salts, and texts if they were kept, were overwritten
  std::uint64_t bytes = 0;
  std::set<std::string> decisions;  // the ids of their decision records
};
// Overwrites the texts and salts of a transaction, also while the module runs. The records stay, so
// the chains stay valid; without the salts their hashes say nothing. AUDIT_*; what was done before
// an error stays done, and calling it again goes on.
Result<Forgotten> forget(const std::filesystem::path& folder, const std::string& tx);

}  // namespace gvm::audit
