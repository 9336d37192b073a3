#pragma once
// The money of the module: the price catalogue, the budgets and the ledger. llm::Shared by all
// lanes.
//
// A call is reserved at the most it can cost before it is made, and settled with what it did cost.
// A price that is not known is never zero: the configured amount is reserved, charged and marked.
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/sampled_logger.h"
#include "billing/session_facts.h"
#include "config/environment.h"
#include "pricing/catalog_watch.h"
#include "pricing/cost.h"
#include "pricing/live_catalog.h"
#include "provider/exchange.h"
#include "store/ledger.h"

namespace gvm::billing {

// What one call may use at most.
struct CallSize {
  std::uint64_t prompt_tokens = 0;
  std::uint64_t answer_tokens = 0;
  std::uint64_t images = 0;

  std::uint64_t tokens() const { return prompt_tokens + answer_tokens; }
};
// A token is at least one byte of text; images are taken to be kImageTokens.
inline constexpr std::uint64_t kImageTokens = 4096;
inline constexpr std::uint64_t kFrameTokens = 512;  // roles, tools, what a provider adds
CallSize size_of(const provider::Prompt& prompt, const config::ModelConfig& model,
                 std::uint64_t assumed_max_tokens);

// What a call was charged.
struct Bill {
  std::int64_t nano_usd = 0;
  std::optional<pricing::Usd> exact;  // empty: not known, the reservation was charged
  std::uint64_t tokens = 0;
  std::uint32_t flags = 0;  // store::flags

  pricing::Usd cost() const { return exact.value_or(pricing::Usd::from_nano(nano_usd)); }
};

// The reservation of one call. Destroyed before sending(), nothing was spent; after it and without
// an end, all that was reserved is charged.
class Purchase {
 public:
  Purchase() = default;
  Purchase(Purchase&&) noexcept = default;
  Purchase& operator=(Purchase&&) noexcept = default;
  ~Purchase();

  std::int64_t worst_nano_usd() const { return worst_.nano_usd; }
  // From now on the provider may bill it.
  void sending() { sent_ = true; }
  // `kind` is the failure's name; empty: it answered.
  Bill end(const provider::Attempted& attempted, std::string_view kind,
           const std::string& record_id);

 private:
  friend class Spending;
  Bill bill_of(const provider::TokenUsage& usage) const;

  store::Reservation reservation_;
  std::shared_ptr<const pricing::Catalog> prices_;  // the same at both ends of the call
  const pricing::Entry* entry_ = nullptr;           // null: no price is known
  config::Provider provider_ = config::Provider::openai_compatible;
  const SessionFacts* facts_ = nullptr;
  CallSize size_;
  store::Amounts worst_;
  bool sent_ = false;
  bool ended_ = true;
};

class Spending {
 public:
  // Opens catalogue and ledger. INVALID_CONFIG with every error of the catalogue; errors of the
  // ledger only when the configuration asks for one (`budgets` or `ledger`): an installation that
  // knows neither must start as before.
  static Result<std::unique_ptr<Spending>> open(std::shared_ptr<const config::LlmConfig> config,
                                                const config::Environment& environment,
                                                const log::Logger& logger);
  ~Spending();

  std::shared_ptr<const pricing::Catalog> prices() const { return prices_->current(); }
  // Nano-USD a call may cost at most at this candidate; the configured reserve when unknown;
  // pricing::kMaxUsdPerCall when it is more than that.
  std::int64_t worst_case(const pricing::Catalog& prices, const provider::Target& target,
                          const CallSize& size) const;

  // BUDGET_EXCEEDED, with ctx.why = "absurd" for a call whose worst case is beyond what any ledger
  // holds: it would be reserved too low; and the ledger's errors. `facts` must outlive the
  // purchase.
  boost::asio::awaitable<Result<Purchase>> reserve(std::shared_ptr<const pricing::Catalog> prices,
                                                   provider::Target target, std::string key_name,
                                                   CallSize size, const SessionFacts& facts);
  // Whether a refusal leaves other candidates to try: its budget counts for a backend, a model or a
  // key alone, or asks for cheaper ones, or there was no amount to reserve.
  bool leaves_others(const Error& refusal) const;

  void end_session(const SessionFacts& facts);
  void record(store::RecordToWrite record);
  store::Ledger* ledger() const { return ledger_.get(); }
  // Blocks until all is written down; after the sessions, before the lanes go.
  void close();
  void write_to(std::string& out) const;

 private:
  struct Rule {
    const config::BudgetConfig* config;
    store::BudgetPtr budget;
  };
  Spending(std::shared_ptr<const config::LlmConfig> config, log::Logger logger);
  // Empty: more than can be reserved.
  std::optional<std::int64_t> most_of(const pricing::Catalog& prices,
                                      const provider::Target& target, const CallSize& size) const;
  std::optional<store::Amounts> worst_amounts(const pricing::Catalog& prices,
                                              const provider::Target& target, const CallSize& size,
                                              const SessionFacts& facts) const;
  std::vector<store::Charge> charges_of(const provider::Target& target, const std::string& key_name,
                                        const SessionFacts& facts) const;
  Result<void> open_prices(const config::Environment& environment);
  void prices_read(const pricing::CatalogWatch::Reloaded& read);

  std::shared_ptr<const config::LlmConfig> config_;
  std::unique_ptr<pricing::LiveCatalog> prices_;
  std::shared_ptr<store::Ledger> ledger_;  // null: calls are not written down
  std::vector<Rule> rules_;
  std::int64_t unknown_reserve_ = 0;  // nano-USD
  log::Logger logger_;
  log::SampledLogger sampled_;  // for what may happen with every prompt
  struct PriceReads {           // since the start
    std::atomic<std::uint64_t> taken{0};
    std::atomic<std::uint64_t> refused{0};
    std::atomic<bool> last_refused{false};
  };
  PriceReads price_reads_;
  std::unique_ptr<pricing::CatalogWatch> watch_;  // last: its thread uses the others
};

// The budgets of the configuration, for the ledger and for tools.
std::vector<store::BudgetPtr> budgets_of(const config::LlmConfig& config);
store::LedgerOptions ledger_options(const config::LlmConfig& config);

}  // namespace gvm::billing
