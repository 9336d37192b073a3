#pragma once
// The charges of a stored call as JSON: [["budget","rolling day","usd","scope",1700000000], ...].
// Charges to session budgets are left out, because these end with the session.
#include <string>
#include <vector>

#include "store/reserved_call.h"

namespace gvm::store {

std::string write_charges(const std::vector<ReservedCharge>& charges);
// LEDGER_CORRUPT when the text is not of this form.
Result<std::vector<ReservedCharge>> read_charges(std::string_view text);

}  // namespace gvm::store
