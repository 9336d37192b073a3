#pragma once
// Stable error codes of store/: Budgets and the ledger.
#include <string_view>

namespace gvm::codes {

inline constexpr std::string_view kBudgetExceeded =
    "BUDGET_EXCEEDED";  // a call's worst case does not fit; ctx names the budget and its figures
inline constexpr std::string_view kInvalidAmount =
    "INVALID_AMOUNT";  // a negative or too large amount of money, tokens, requests or gen
inline constexpr std::string_view kLedgerLocked =
    "LEDGER_LOCKED";  // another process owns the ledger; the detail names it when known
inline constexpr std::string_view kLedgerCorrupt = "LEDGER_CORRUPT";
inline constexpr std::string_view kLedgerNewerSchema =
    "LEDGER_NEWER_SCHEMA";  // written by a later version of the modules
inline constexpr std::string_view kLedgerReadOnly = "LEDGER_READ_ONLY";
inline constexpr std::string_view kLedgerDiskFull = "LEDGER_DISK_FULL";
inline constexpr std::string_view kLedgerUnavailable =
    "LEDGER_UNAVAILABLE";  // a broken disk, or a database that does not answer

}  // namespace gvm::codes
