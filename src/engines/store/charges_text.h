#pragma once
// The charges of a stored call as JSON: [["budget","rolling day","usd","scope",1700000000], ...].
// Those of sessions are left out: they end with the session.
#include <string>
#include <vector>

#include "store/reserved_call.h"

namespace gvm::store {

std::string write_charges(const std::vector<ReservedCharge>& charges);
// LEDGER_CORRUPT when it is none.
Result<std::vector<ReservedCharge>> read_charges(std::string_view text);

}  // namespace gvm::store
