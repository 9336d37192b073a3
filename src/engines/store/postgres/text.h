#pragma once
// What goes to the functions of pg_schema.cpp and what comes back, as JSON.
#include <string>
#include <vector>

#include "store/excess.h"
#include "store/reserved_call.h"

namespace gvm::store::postgres {

std::string write_amounts(const Amounts& amounts);
std::string write_info(const CallInfo& info);
// The charges as gvm_reserve wants them.
std::string write_wanted(const std::vector<Charge>& charges);

struct Reserved {
  std::int64_t made_ms = 0;
  std::vector<std::int64_t> buckets;  // as the charges
  std::vector<Excess> warnings;
};
// Of what gvm_reserve answered: BUDGET_EXCEEDED, or LEDGER_CORRUPT when it is nothing known.
Result<Reserved> read_reserved(std::string_view text, const std::vector<Charge>& charges,
                               const Amounts& worst);

}  // namespace gvm::store::postgres
