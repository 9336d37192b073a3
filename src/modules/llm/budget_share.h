#pragma once
#include "store/accounts.h"

namespace gvm::llm {

// Which part of its limit an account has used: 0 to 1, and above when a budget only warns.
inline double share_of(const store::Balance& balance) {
  const double limit = balance.budget->limit.to_double();
  const double used = store::sum(balance.spent, balance.reserved).to_double();
  return limit > 0 ? used / limit : 1;
}

}  // namespace gvm::llm
