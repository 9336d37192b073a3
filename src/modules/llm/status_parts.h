#pragma once
// What the LLM module adds to its status page: how full the budgets are, and why a prompt got its
// model. Shared by all lanes; the ledger is read on threads of its own.
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "config/llm_config.h"
#include "llm/off_lane.h"
#include "serve/http_answer.h"
#include "store/ledger.h"

namespace gvm::llm {

namespace asio = boost::asio;

class StatusParts {
 public:
  static constexpr std::string_view kBudgets = "/status/budgets";
  static constexpr std::string_view kDecisions = "/status/decisions";
  static constexpr std::size_t kMostAccounts = 50;   // of budgets, the fullest ones
  static constexpr std::size_t kMostDecisions = 20;  // of a transaction, the newest ones

  // Opens nothing before somebody asks.
  explicit StatusParts(const config::LlmConfig& config);

  // {"budgets": [{name, scope, window, unit, action, limit, spent, reserved, used (0 to 1 and
  // above), resets_at}], "more": accounts that are left out}; amounts are decimal texts. What is
  // not known is null.
  asio::awaitable<serve::HttpAnswer> budgets(std::shared_ptr<const config::LlmConfig> config);
  // `query`: "id=" and the id of a record or of a transaction. {"decisions": [{id, at, text}],
  // "gone": records that are not kept any more}. 400 for another query.
  asio::awaitable<serve::HttpAnswer> decisions(std::string query);

 private:
  store::LedgerOptions ledger_;
  OffLane thread_;
};

}  // namespace gvm::llm
