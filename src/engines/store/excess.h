#pragma once
// A budget in which a call does not fit: its figures, and the error that contains them.
#include <cstdint>
#include <string>

#include "base/error.h"
#include "store/budget.h"

namespace gvm::store {

struct Excess {
  BudgetPtr budget;
  std::string scope;
  Integer spent;     // in the window
  Integer reserved;  // by calls under way
  Integer needed;    // by this call
  // When the window resets, in seconds since 1970; for a rolling window, when its oldest part no
  // longer counts. INT64_MAX: at the end of the session.
  std::int64_t resets_at = 0;
};

// BUDGET_EXCEEDED. ctx: budget, scope, window, unit, action, limit, spent, reserved, needed,
// remaining (decimal texts in the unit, usd in nano-USD) and resets_at (RFC 3339, absent for
// sessions). A user error, because nothing is broken.
Error exceeded(const Excess& excess);

}  // namespace gvm::store
