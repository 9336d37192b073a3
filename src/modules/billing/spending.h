#pragma once
// The money of the module: prices, budgets and the ledger. Shared by all lanes.
//
// The worst-case cost of a call is reserved before it is made; afterwards it is settled with its
// actual cost.
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>

#include "base/metrics.h"
#include "base/sampled_logger.h"
#include "billing/budgets.h"
#include "billing/price_reload.h"
#include "billing/purchase.h"
#include "billing/worst_case.h"
#include "store/ledger.h"

namespace gvm::billing {

class Spending {
 public:
  // Opens catalogue and ledger. INVALID_CONFIG with every error of the catalogue; errors of the
  // ledger only when the configuration asks for one (`budgets` or `ledger`): an installation that
  // knows neither must start as before.
  static Result<std::unique_ptr<Spending>> open(std::shared_ptr<const config::LlmConfig> config,
                                                const config::Environment& environment,
                                                const log::Logger& logger);
  // After a reload: the ledger of `before` goes on, and with it what budgets of the same name have
  // spent. INVALID_CONFIG when the new budgets need a ledger and `before` has none.
  static Result<std::unique_ptr<Spending>> reopen(const Spending& before,
                                                  std::shared_ptr<const config::LlmConfig> config,
                                                  const config::Environment& environment,
                                                  const log::Logger& logger);
  // Another one has taken its place; sessions that began with this one go on with it.
  void supersede(const Spending& next) {
    if (prices_ != next.prices_) prices_->supersede();
  }

  std::shared_ptr<const pricing::PriceCatalog> prices() const { return prices_->current(); }
  // Nano-USD a call may cost at most at this candidate; pricing::kMaxUsdPerCall when it is more
  // than that.
  std::int64_t worst_case(const pricing::PriceCatalog& prices, const provider::Target& target,
                          const CallSize& size) const;

  // BUDGET_EXCEEDED, with ctx.why = "absurd" for a call whose worst case is beyond what any ledger
  // holds: it would be reserved too low; and the ledger's errors. `facts` must outlive the
  // purchase.
  boost::asio::awaitable<Result<Purchase>> reserve(
      std::shared_ptr<const pricing::PriceCatalog> prices, provider::Target target,
      std::string key_name, CallSize size, const SessionFacts& facts);
  // Whether other candidates may be tried after that refusal of reserve().
  bool leaves_others(const Error& refusal) const;

  void end_session(const SessionFacts& facts);
  void record(store::RecordToWrite record);
  store::Ledger* ledger() const { return ledger_.get(); }
  // Blocks until everything is written. To be called after the sessions have ended, before the
  // lanes stop.
  void close();
  void write_to(metrics::Exposition& out) const;

 private:
  Spending(std::shared_ptr<const config::LlmConfig> config, log::Logger logger)
      : config_(std::move(config)),
        worst_case_(config_->pricing),
        budgets_(*config_),
        logger_(std::move(logger)),
        sampled_(logger_) {}
  store::ReserveRequest request_for(const PurchaseTerms& terms, const provider::Target& target,
                                    std::string key_name) const;

  std::shared_ptr<const config::LlmConfig> config_;
  WorstCase worst_case_;
  Budgets budgets_;
  std::shared_ptr<PriceReload> prices_;
  std::shared_ptr<store::Ledger> ledger_;  // null: there is no ledger
  log::Logger logger_;
  log::SampledLogger sampled_;  // for events that may occur with every prompt
};

store::LedgerOptions ledger_options(const config::LlmConfig& config);

}  // namespace gvm::billing
