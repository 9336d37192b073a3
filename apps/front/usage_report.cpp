#include "apps/front/usage_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "apps/front/terminal.h"
#include "base/json.h"
#include "base/utc_text.h"

namespace gvm::apps {
namespace {

using store::Balance;
using store::UsageRow;
using Side = TextTable::Side;

constexpr std::size_t kBarCells = 20;
constexpr std::size_t kMostScopes = 20;  // shown per budget, for people

Value text(std::string_view s) {
  return Value::string(std::string(s));
}

UsageRow total_of(const std::vector<UsageRow>& rows) {
  UsageRow total;
  for (const auto& row : rows) {
    total.calls += row.calls;
    total.errors += row.errors;
    total.uncertain += row.uncertain;
    total.nano_usd = store::sum(total.nano_usd, row.nano_usd);
    total.tokens = store::sum(total.tokens, row.tokens);
    total.requests = store::sum(total.requests, row.requests);
    total.gen = store::sum(total.gen, row.gen);
  }
  return total;
}

double ratio(const Integer& part, const Integer& whole) {
  return whole == Integer() ? 0 : part.to_double() / whole.to_double();
}

std::string amount(const store::Budget& budget, const Integer& value) {
  return budget.unit == store::Unit::usd ? usd_text(value) : value.to_string();
}

// Accounts of session budgets are in the module's memory only.
bool is_known(const Balance& balance) {
  return !balance.budget->period.is_session();
}

std::string reset_of(const Balance& balance) {
  if (!is_known(balance)) return "with the session";
  const bool never = balance.resets_at == std::numeric_limits<std::int64_t>::max();
  return never ? "" : utc_text(balance.resets_at);
}

Value json_of(const UsageRow& row, const std::vector<std::string>& by) {
  Value value = Value::fields(
      "calls", Value::integer(row.calls), "errors", Value::integer(row.errors), "unknown_cost",
      Value::integer(row.uncertain), "usd", Value::string(usd_text(row.nano_usd)), "tokens",
      Value::integer(row.tokens), "requests", Value::integer(row.requests), "gen",
      Value::string(row.gen.to_string()));
  for (std::size_t i = 0; i < row.group.size(); ++i) value.as_map()->set(by[i], text(row.group[i]));
  return value;
}

Value json_of(const Balance& balance, bool knows_reserved) {
  const auto& budget = *balance.budget;
  const auto number = [&](const Integer& value) {
    return is_known(balance) ? Value::string(amount(budget, value)) : Value::null();
  };
  const auto resets = is_known(balance) ? reset_of(balance) : std::string();
  return Value::fields(
      "name", text(budget.name), "scope", text(balance.scope), "window",
      Value::string(budget.period.name()), "unit", text(store::unit_name(budget.unit)), "action",
      text(store::action_name(budget.action)), "limit", Value::string(amount(budget, budget.limit)),
      "spent", number(balance.spent), "reserved",
      knows_reserved ? number(balance.reserved) : Value::null(), "remaining",
      number(balance.remaining()), "resets_at", resets.empty() ? Value::null() : text(resets));
}

std::string spending_table(const UsageReport& report, Bars bars) {
  TextTable table;
  for (const auto& name : report.by) table.column(name, Side::left);
  if (report.by.empty()) table.column("", Side::left);
  for (const auto* title : {"calls", "errors", "unknown cost", "tokens", "USD"})
    table.column(title);
  const auto total = total_of(report.rows);
  // Where no price is known, tokens show who uses the models most.
  const bool of_usd = total.nano_usd != Integer();
  if (bars == Bars::drawn) table.column(of_usd ? "share of USD" : "share of tokens", Side::left);
  const auto add = [&](std::vector<std::string> cells, const UsageRow& row, bool with_bar) {
    for (const auto number : {row.calls, row.errors, row.uncertain})
      cells.push_back(std::to_string(number));
    cells.push_back(row.tokens.to_string());
    cells.push_back(usd_text(row.nano_usd));
    if (bars == Bars::drawn) {
      const double share =
          of_usd ? ratio(row.nano_usd, total.nano_usd) : ratio(row.tokens, total.tokens);
      cells.push_back(with_bar ? fmt::format("{:5.1f} %  {}", share * 100, bar(share, kBarCells))
                               : " ");
    }
    table.row(std::move(cells));
  };
  for (const auto& row : report.rows)
    if (!report.by.empty()) add(row.group, row, true);
  std::vector<std::string> head(std::max<std::size_t>(report.by.size(), 1), " ");
  head.front() = "total";
  add(std::move(head), total, false);
  return table.to_string();
}

void add_balance(TextTable& table, const Balance& balance, const UsageReport& report, Bars bars) {
  const auto& budget = *balance.budget;
  const auto number = [&](const Integer& value) {
    return is_known(balance) ? amount(budget, value) : std::string();
  };
  std::vector<std::string> cells{budget.name,
                                 balance.scope,
                                 budget.period.name(),
                                 std::string(store::unit_name(budget.unit)),
                                 amount(budget, budget.limit),
                                 number(balance.spent)};
  if (report.knows_reserved) cells.push_back(number(balance.reserved));
  cells.push_back(number(balance.remaining()));
  const double share = ratio(store::sum(balance.spent, balance.reserved), budget.limit);
  const auto percent = fmt::format("{:.1f} %", share * 100);
  cells.push_back(!is_known(balance) ? std::string() : percent);
  if (bars == Bars::drawn) cells.push_back(is_known(balance) ? bar(share, kBarCells) + " " : " ");
  cells.push_back(reset_of(balance));
  table.row(std::move(cells));
}

// The accounts of each budget with the highest use, in the order of the configuration.
std::string budget_table(const UsageReport& report, Bars bars) {
  TextTable table;
  for (const auto* title : {"budget", "for", "window", "unit"}) table.column(title, Side::left);
  table.column("limit");
  table.column("spent");
  if (report.knows_reserved) table.column("reserved");
  table.column("remaining");
  table.column("used");
  if (bars == Bars::drawn) table.column("", Side::left);
  table.column("resets", Side::left);
  std::string left_out;
  for (auto at = report.balances.begin(); at != report.balances.end();) {
    const auto end = std::find_if(at, report.balances.end(),
                                  [&](const Balance& b) { return b.budget != at->budget; });
    std::vector<Balance> accounts(at, end);
    std::ranges::stable_sort(
        accounts, [](const Balance& a, const Balance& b) { return a.remaining() < b.remaining(); });
    const auto shown = std::min(accounts.size(), kMostScopes);
    for (std::size_t i = 0; i < shown; ++i) add_balance(table, accounts[i], report, bars);
    if (shown < accounts.size())
      left_out += fmt::format("{} more accounts of {}; --json has them all\n",
                              accounts.size() - shown, printable(at->budget->name));
    at = end;
  }
  return table.to_string() + left_out;
}

}  // namespace

std::string usd_text(const Integer& nano_usd) {
  constexpr std::size_t kDecimals = 9;
  std::string digits = nano_usd.to_string();
  const std::size_t sign = nano_usd.is_negative() ? 1 : 0;
  if (digits.size() - sign <= kDecimals)
    digits.insert(sign, kDecimals + 1 - (digits.size() - sign), '0');
  return digits.insert(digits.size() - kDecimals, ".");
}

std::string usage_json(const UsageReport& report) {
  Value::Array by, rows, budgets;
  for (const auto& name : report.by) by.push_back(text(name));
  if (!report.by.empty())
    for (const auto& row : report.rows) rows.push_back(json_of(row, report.by));
  for (const auto& balance : report.balances)
    budgets.push_back(json_of(balance, report.knows_reserved));
  return json::write(Value::fields(
             "by", Value::array(std::move(by)), "rows", Value::array(std::move(rows)), "total",
             json_of(total_of(report.rows), {}), "budgets", Value::array(std::move(budgets)))) +
         "\n";
}

std::string usage_text(const UsageReport& report, Bars bars) {
  std::string out = spending_table(report, bars);
  if (report.balances.empty()) return out;
  out += "\n" + budget_table(report, bars);
  if (!report.knows_reserved)
    out += "Calls under way are not counted: only the running module knows them.\n";
  return out;
}

}  // namespace gvm::apps
