#pragma once
// How prompts are spread over backends, and what may be spent on them. Settings of the LLM module.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "config/days.h"

namespace gvm::config {

// Of one candidate: a model of a backend at one endpoint with one key.
struct BreakerConfig {
  int failures = 5;    // in a row that open it; 0: only the ratio counts
  double ratio = 0.5;  // of failed calls in a window that opens it
  int minimum = 20;    // calls in a window before the ratio counts
  std::chrono::milliseconds window{30'000};
  std::chrono::milliseconds open{2'000};  // for how long at first; doubles while probes fail
  std::chrono::milliseconds longest{300'000};
  std::chrono::milliseconds ramp{10'000};  // from the first good probe to its full share
};

struct RetryBudgetConfig {
  double share = 0.1;  // further calls over first ones, all prompts together
  int floor = 10;      // further calls that are always allowed, a second
};

struct HedgeConfig {
  bool enabled = false;
  std::chrono::milliseconds after{0};  // a second call starts then; 0: at `quantile`
  double quantile = 0.9;               // of the candidate's latencies
  double share = 0.06;                 // second calls over all calls, at most
};

struct RoutingConfig {
  std::string strategy = "priority";       // inside a tier
  std::string seed = "random";             // or an integer: the same choices every time
  int attempts = 8;                        // calls for one prompt, at all candidates together
  std::chrono::milliseconds deadline{0};   // of one prompt; 0: that of the request
  std::string max_cost;                    // USD a prompt may cost at most, all attempts together
  std::chrono::milliseconds backoff{250};  // the longest first wait at one candidate; full jitter
  std::chrono::milliseconds max_backoff{5'000};
  std::chrono::milliseconds learned_for{3'600'000};  // a capability found missing is remembered
  BreakerConfig breaker;
  RetryBudgetConfig retry_budget;
  HedgeConfig hedge;
};

// Of a backend, shared by its models.
struct ShareConfig {
  // Tiers: higher ones first. Always set after a load: absent, it is `meta.priority`, else 0.
  std::optional<int> priority;
  double weight = 1;            // for `weighted`
  int max_concurrency = 0;      // calls at the same time; 0: no limit
  int max_queue = 256;          // prompts that wait for their turn; further ones go elsewhere
  int requests_per_minute = 0;  // what the account allows; 0: no limit
  std::int64_t tokens_per_minute = 0;
};

enum class BudgetUnit { usd, tokens, requests, gen };
enum class BudgetWindow { session, minute, hour, day, week, month };
enum class BudgetAction { refuse, cheaper, warn };

struct BudgetConfig {
  std::string name;
  // One account for every combination of these: backend, model, key, node_address, tx_id,
  // contract_address, host_data.NAME. Empty: one for the whole module.
  std::vector<std::string> scope;
  std::vector<std::pair<std::string, std::string>> only;  // calls with these values alone
  std::string window_word = "day";
  BudgetWindow window = BudgetWindow::day;
  bool rolling = false;  // false: by the calendar, UTC
  // Exactly one of these, a decimal; resolved in unit and limit.
  std::string usd;
  std::string tokens;
  std::string requests;
  std::string gen;
  BudgetUnit unit = BudgetUnit::usd;
  std::string limit;
  std::string action_word = "refuse";
  BudgetAction action = BudgetAction::refuse;
};

struct LedgerConfig {
  // Empty: ledger.db in data_dir; "postgresql://...": shared by modules. Held as a secret, as
  // it may carry a password.
  Secret url;
  std::string when_broken = "refuse";  // or continue
  Days keep_records_days{30};
  Days keep_entries_days{400};
};

struct PricesConfig {
  std::string file;                         // prices.yaml; empty: no prices are known
  std::string unknown_reserve = "0.10";     // USD reserved for a call whose price is unknown
  std::string gen_per_usd;                  // consumed_gen from cost, when gas_data has no rate
  std::string time_units_per_usd;           // with gas_data.genPerTimeUnit
  std::uint64_t assumed_max_tokens = 8192;  // of an answer, where nobody limits it
  std::chrono::milliseconds reload_every{2'000};  // how often the file is looked at; 0: never
};

}  // namespace gvm::config
