#pragma once
// What was spent and what is left of the budgets, for people and for programs. Pure, except for the
// width of a bar's characters.
#include <string>
#include <vector>

#include "store/reader.h"

namespace gvm::apps {

struct UsageReport {
  std::vector<std::string> by;  // names of the groups
  std::vector<store::UsageRow> rows;
  std::vector<store::Balance> balances;
  bool knows_reserved = false;  // the balances include what calls under way have reserved
};

// nano-USD as "0.023285600": exact, always 9 decimals.
std::string usd_text(const Integer& nano_usd);

// One line of JSON. USD are decimal texts; so are amounts of budgets and gen, which may exceed 64
// bits.
std::string usage_json(const UsageReport& report);
enum class Bars : bool { none, drawn };
std::string usage_text(const UsageReport& report, Bars bars);

}  // namespace gvm::apps
