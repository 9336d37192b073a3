#pragma once
// The arguments and results of the functions in schema.cpp, as JSON.
#include <string>
#include <vector>

#include "store/excess.h"
#include "store/reserved_call.h"

namespace gvm::store::postgres {

std::string write_amounts(const Amounts& amounts);
std::string write_info(const CallInfo& info);
// The charges in the form that gvm_reserve expects.
std::string write_wanted(const std::vector<Charge>& charges);

struct Reserved {
  std::int64_t made_ms = 0;
  std::vector<std::int64_t> buckets;  // in the order of the charges
  std::vector<Excess> warnings;
};
// From the answer of gvm_reserve: BUDGET_EXCEEDED, or LEDGER_CORRUPT when the answer is unknown.
Result<Reserved> read_reserved(std::string_view text, const std::vector<Charge>& charges,
                               const Amounts& worst);

}  // namespace gvm::store::postgres
