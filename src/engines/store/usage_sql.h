#pragma once
// The SQL query behind `usage`. It is the same for both databases, except for three expressions.
#include <string>
#include <string_view>

#include "store/reader.h"

namespace gvm::store {

struct UsageDialect {
  std::string_view table;
  std::string_view day;  // made_ms as "2025-01-31"
  std::string_view sum;  // of a column of any size, as text: "gvm_sum({})"
};
// Columns: the groups, calls, errors, uncertain, nano_usd, tokens, requests, gen.
std::string usage_sql(const UsageQuery& query, const UsageDialect& dialect);

}  // namespace gvm::store
