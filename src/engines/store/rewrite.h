#pragma once
// Decision records written anew, to forget what they tell of a transaction. For tools; blocking;
// the modules may be running.
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace gvm::store {

struct RecordRewrite {
  std::string tx;             // records of calls that were made for it
  std::set<std::string> ids;  // and these
  // The new text of a record, not longer than the old one; nothing: it stays.
  std::function<std::optional<std::string>(std::string_view text)> rewrite;
};

}  // namespace gvm::store
