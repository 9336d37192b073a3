#pragma once
// The budgets of the configuration: which of them a call counts for. Immutable; shared by all
// lanes.
#include <string>
#include <string_view>
#include <vector>

#include "billing/session_facts.h"
#include "config/llm_config.h"
#include "provider/call_request.h"
#include "store/budget.h"

namespace gvm::billing {

// For the ledger and for tools.
std::vector<store::BudgetPtr> budgets_of(const config::LlmConfig& config);

class Budgets {
 public:
  // `config` outlives it.
  explicit Budgets(const config::LlmConfig& config);

  // One for each budget that the call counts for, with the account that its scope names.
  std::vector<store::Charge> charges(const provider::Target& target, const std::string& key_name,
                                     const SessionFacts& facts) const;
  // True when a call that this budget refuses may be made at another candidate: the budget is
  // limited to a backend, a model or a key, or its action is `cheaper`.
  bool leaves_others(std::string_view budget) const;

 private:
  struct Rule {
    const config::BudgetConfig* config;
    store::BudgetPtr budget;
  };
  std::vector<Rule> rules_;
};

}  // namespace gvm::billing
