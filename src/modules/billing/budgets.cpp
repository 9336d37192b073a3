#include "billing/budgets.h"

#include <algorithm>

namespace gvm::billing {
namespace {

// USD may have more decimals than nano-USD; they are rounded down, so that the limit is not
// exceeded.
Integer limit_of(const config::BudgetConfig& budget) {
  if (budget.unit != config::BudgetUnit::usd)
    return Integer::parse(budget.limit).value_or(Integer());
  const auto point = budget.limit.find('.');
  std::string digits = budget.limit.substr(0, point);
  std::string decimals = point == std::string::npos ? "" : budget.limit.substr(point + 1);
  constexpr std::size_t kNanoDigits = 9;
  decimals.resize(kNanoDigits, '0');
  return Integer::parse(digits + decimals).value_or(Integer());
}

store::BudgetPtr budget_of(const config::BudgetConfig& from) {
  store::Budget budget;
  budget.name = from.name;
  budget.period.span = static_cast<store::Span>(from.window);
  budget.period.rhythm = from.rolling ? store::Rhythm::rolling : store::Rhythm::calendar;
  budget.unit = static_cast<store::Unit>(from.unit);
  budget.limit = limit_of(from);
  budget.action = static_cast<store::Action>(from.action);
  return std::make_shared<const store::Budget>(std::move(budget));
}

bool is_of_candidate(std::string_view field) {
  return field == "backend" || field == "model" || field == "key";
}

std::string value_of(std::string_view field, const provider::Target& target,
                     const std::string& key_name, const SessionFacts& facts) {
  if (field == "backend") return target.backend->config->name;
  if (field == "model") return target.model->config->name;
  if (field == "key") return target.backend->config->name + " " + key_name;
  return facts.field(field);
}

}  // namespace

std::vector<store::BudgetPtr> budgets_of(const config::LlmConfig& config) {
  std::vector<store::BudgetPtr> budgets;
  for (const auto& budget : config.budgets) budgets.push_back(budget_of(budget));
  return budgets;
}

Budgets::Budgets(const config::LlmConfig& config) {
  for (const auto& budget : config.budgets) rules_.push_back({&budget, budget_of(budget)});
}

std::vector<store::Charge> Budgets::charges(const provider::Target& target,
                                            const std::string& key_name,
                                            const SessionFacts& facts) const {
  std::vector<store::Charge> charges;
  for (const auto& rule : rules_) {
    const bool counts = std::ranges::all_of(rule.config->only, [&](const auto& wanted) {
      return value_of(wanted.first, target, key_name, facts) == wanted.second;
    });
    if (!counts) continue;
    std::string scope;
    if (rule.config->window == config::BudgetWindow::session) scope = "session=" + facts.session;
    for (const auto& field : rule.config->scope) {
      if (!scope.empty()) scope += ',';
      scope += field + '=' + value_of(field, target, key_name, facts);
    }
    charges.push_back({rule.budget, std::move(scope)});
  }
  return charges;
}

bool Budgets::leaves_others(std::string_view name) const {
  const auto found =
      std::ranges::find_if(rules_, [&](const Rule& r) { return r.config->name == name; });
  if (found == rules_.end()) return false;
  const auto& budget = *found->config;
  return budget.action == config::BudgetAction::cheaper ||
         std::ranges::any_of(budget.scope, is_of_candidate) ||
         std::ranges::any_of(budget.only, [](const auto& o) { return is_of_candidate(o.first); });
}

}  // namespace gvm::billing
