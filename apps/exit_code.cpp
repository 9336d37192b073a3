#include "apps/exit_code.h"

#include <algorithm>
#include <array>

#include "serve/codes.h"

namespace gvm::apps {
namespace {

// Codes of store/, which only genvm-llm links.
constexpr std::array<std::string_view, 4> kLedger{"LEDGER_LOCKED", "LEDGER_DISK_FULL",
                                                  "LEDGER_UNAVAILABLE", "LEDGER_READ_ONLY"};

}  // namespace

int exit_code_of(std::string_view error_code) {
  const bool may_mend =
      error_code == codes::kListenFailed || std::ranges::find(kLedger, error_code) != kLedger.end();
  return may_mend ? kExitTryAgain : kExitConfiguration;
}

}  // namespace gvm::apps
