#pragma once
// Why a module ended, as its exit code (docs/operations.md, "Exit codes").
#include <string_view>

namespace gvm::apps {

// Also a script, prices, certificates, the sandbox, a browser that is not there.
inline constexpr int kExitConfiguration = 1;
// Another process has the address or the ledger, or its disk or database cannot be had: another
// start may succeed with nothing changed. EX_TEMPFAIL of sysexits.h.
inline constexpr int kExitTryAgain = 75;

// Of a start that failed with an error of this code.
int exit_code_of(std::string_view error_code);

}  // namespace gvm::apps
