#include "llm/budget_gauge.h"

#include <algorithm>
#include <utility>

#include "billing/budgets.h"
#include "billing/spending.h"
#include "ledger/open_ledger.h"
#include "llm/budget_share.h"

namespace gvm::llm {

bool BudgetGauge::begins_reading() {
  const std::lock_guard lock(state_->mutex);
  if (state_->reading || Clock::now() < state_->next) return false;
  state_->reading = true;
  return true;
}

void BudgetGauge::read(State& state, const config::LlmConfig& config) {
  std::map<std::string, double, std::less<>> used;
  const auto began = Clock::now();
  auto reader = ledger::open_reader(billing::ledger_options(config));
  const auto budgets = billing::budgets_of(config);
  const auto balances = reader ? (*reader)->balances(budgets)
                               : Result<std::vector<store::Balance>>(fail(reader.error()));
  if (balances) {
    for (const auto& each : *balances) {
      auto& share = used[each.budget->name];
      share = std::max(share, share_of(each));
    }
  }
  const auto ended = Clock::now();
  const std::lock_guard lock(state.mutex);
  state.used = std::move(used);
  state.reading = false;
  state.next = ended + std::max<Clock::duration>(kInterval, kRest * (ended - began));
}

void BudgetGauge::write_to(metrics::Exposition& out,
                           const std::shared_ptr<const config::LlmConfig>& config) {
  if (config->budgets.empty()) return;
  if (begins_reading()) {
    auto task = [state = state_, config] { read(*state, *config); };
    later_ ? later_(std::move(task)) : task();
  }
  const std::lock_guard lock(state_->mutex);
  auto family = out.family("genvm_llm_budget_used_ratio", metrics::Type::gauge,
                           "Spent of the limit, in the fullest account of each budget.");
  for (const auto& budget : billing::budgets_of(*config)) {
    const auto found = state_->used.find(budget->name);
    if (found == state_->used.end() || budget->period.is_session()) continue;
    family.sample(found->second, {{"budget", budget->name}, {"window", budget->period.name()}});
  }
}

}  // namespace gvm::llm
