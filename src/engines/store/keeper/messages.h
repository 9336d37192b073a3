#pragma once
// What the keeper of a ledger and its users say to each other, as values and back. Pure. A message
// that is not of its form gives LEDGER_UNAVAILABLE: the other side is of another version.
#include "base/error.h"
#include "store/ledger.h"

namespace gvm::store::keeper {

Value to_value(const Amounts& amounts);
Value to_value(const CallInfo& info);
Value to_value(const Settlement& settlement);
Value to_value(const LedgerStats& stats);
Value to_value(const std::vector<Charge>& charges);
Value to_value(const std::vector<Excess>& warnings);

Result<Amounts> amounts_of(const Value* value);
Result<CallInfo> info_of(const Value* value);
Result<Settlement> settlement_of(const Value* value);
LedgerStats stats_of(const Value* value);
Result<std::vector<Charge>> charges_of(const Value* value);
Result<std::vector<Excess>> warnings_of(const Value* value);

// As Error::to_value(), and back.
Error error_of(const Value* value);

}  // namespace gvm::store::keeper
