#pragma once
// A budget that a call does not fit in: the figures, and the error that tells them.
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
  // Seconds since 1970 when the window resets; for a rolling one, when its oldest part is
  // forgotten. INT64_MAX: with the session.
  std::int64_t resets_at = 0;
};

// BUDGET_EXCEEDED. ctx: budget, scope, window, unit, action, limit, spent, reserved, needed,
// remaining (decimal texts of the unit, usd in nano-USD) and resets_at (RFC 3339, absent for
// sessions). A user error: nothing is broken.
Error exceeded(const Excess& excess);

// "2025-01-31T00:00:00Z".
std::string utc_text(std::int64_t seconds);

}  // namespace gvm::store
