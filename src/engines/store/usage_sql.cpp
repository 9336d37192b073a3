#include "store/usage_sql.h"

#include <fmt/format.h>

#include <array>

#include "store/reserved_call.h"

namespace gvm::store {
namespace {

constexpr std::array<std::string_view, 6> kByNames{"backend", "model",    "key",
                                                   "node",    "contract", "day"};

std::string column_of(By by, const UsageDialect& dialect) {
  if (by == By::day) return std::string(dialect.day);
  if (by == By::key) return "key_id";
  return std::string(kByNames[static_cast<std::size_t>(by)]);
}

}  // namespace

std::optional<By> parse_by(std::string_view name) {
  for (std::size_t i = 0; i < kByNames.size(); ++i) {
    if (kByNames[i] == name) return static_cast<By>(i);
  }
  return std::nullopt;
}

std::string usage_sql(const UsageQuery& query, const UsageDialect& dialect) {
  std::string columns, order;
  for (std::size_t i = 0; i < query.by.size(); ++i) {
    columns += column_of(query.by[i], dialect) + ", ";
    order += fmt::format("{}{}", i == 0 ? "" : ", ", i + 1);
  }
  const auto sum = [&](std::string_view column) {
    return fmt::format(fmt::runtime(dialect.sum), column);
  };
  auto sql = fmt::format(
      "SELECT {}count(*), coalesce(sum(CASE WHEN error <> '' THEN 1 ELSE 0 END), 0), "
      "coalesce(sum(CASE WHEN flags & {} <> 0 THEN 1 ELSE 0 END), 0), {}, {}, {}, {} FROM {}",
      columns, flags::kUnknownCost, sum("nano_usd"), sum("tokens"), sum("requests"), sum("gen"),
      dialect.table);
  sql += fmt::format(" WHERE made_ms >= {}", query.from_ms.value_or(INT64_MIN + 1));
  if (query.until_ms) sql += fmt::format(" AND made_ms < {}", *query.until_ms);
  if (!order.empty()) sql += fmt::format(" GROUP BY {0} ORDER BY {0}", order);
  return sql;
}

}  // namespace gvm::store
