#include "billing/spending.h"

#include <fmt/format.h>

#include "base/error_codes.h"
#include "ledger/open_ledger.h"
#include "store/codes.h"
#include "text/json_view.h"

namespace gvm::billing {
namespace {

constexpr std::int64_t kBeyondReserving = pricing::kMaxUsdPerCall * pricing::kNanoPerUsd;
constexpr std::string_view kAbsurd = "absurd";

Error absurd(const provider::Target& target) {
  Error error(
      codes::kBudgetExceeded, Fatality::user,
      fmt::format("the most that this call can cost at {}/{} is beyond what can be reserved "
                  "({} USD, {} tokens, 256 bits of gen)",
                  target.backend->config->name, target.model->config->name, pricing::kMaxUsdPerCall,
                  store::Amounts::kMost));
  error.with("why", Value::string(std::string(kAbsurd)));
  return error;
}

bool asks_for_ledger(const config::LlmConfig& config) {
  return !config.budgets.empty() || !config.ledger.url.empty();
}

}  // namespace

Result<std::unique_ptr<Spending>> Spending::open(std::shared_ptr<const config::LlmConfig> config,
                                                 const config::Environment& environment,
                                                 const log::Logger& logger) {
  std::unique_ptr<Spending> made(new Spending(config, logger));
  auto prices = PriceReload::open(config, environment, logger);
  if (!prices) return fail(std::move(prices).error());
  made->prices_ = std::move(*prices);
  auto ledger = ledger::open_ledger(ledger_options(*config), logger.child("ledger"));
  if (!ledger && asks_for_ledger(*config)) return fail(std::move(ledger).error());
  if (ledger) {
    made->ledger_ = std::move(*ledger);
  } else {
    logger.warn(
        "there is no ledger: calls, what they cost and decision records are not written down; "
        "usage and explain will find nothing",
        {{"data_dir", Value::string(config->common.data_dir)},
         {"error", ledger.error().to_value()}});
  }
  return made;
}

Result<std::unique_ptr<Spending>> Spending::reopen(const Spending& before,
                                                   std::shared_ptr<const config::LlmConfig> config,
                                                   const config::Environment& environment,
                                                   const log::Logger& logger) {
  if (before.ledger_ == nullptr && asks_for_ledger(*config)) {
    return fail(codes::kInvalidConfig, Fatality::fatal,
                "budgets need a ledger, and the running process has none: mend data_dir or "
                "ledger.url, then restart");
  }
  std::unique_ptr<Spending> made(new Spending(config, logger));
  auto prices = PriceReload::reopen(before.prices_, config, environment, logger);
  if (!prices) return fail(std::move(prices).error());
  made->prices_ = std::move(*prices);
  made->ledger_ = before.ledger_;
  return made;
}

std::int64_t Spending::worst_case(const pricing::PriceCatalog& prices,
                                  const provider::Target& target, const CallSize& size) const {
  return worst_case_.nano_usd(prices, target, size).value_or(kBeyondReserving);
}

boost::asio::awaitable<Result<Purchase>> Spending::reserve(
    std::shared_ptr<const pricing::PriceCatalog> prices, provider::Target target,
    std::string key_name, CallSize size, const SessionFacts& facts) {
  auto worst = worst_case_.amounts(*prices, target, size, facts);
  if (!worst) co_return fail(absurd(target));
  const auto& model = *target.model->config;
  const auto entry = prices->find(target.backend->config->name, model.upstream_name(),
                                  std::chrono::system_clock::now());
  PurchaseTerms terms;
  terms.entry = entry.value_or(nullptr);
  terms.prices = std::move(prices);
  terms.provider = target.backend->config->provider();
  terms.server_errors = model.charge_server_errors;
  terms.facts = &facts;
  terms.size = size;
  terms.worst = std::move(*worst);
  if (ledger_ == nullptr) co_return Purchase(std::move(terms), store::Reservation());
  store::ReserveRequest request = request_for(terms, target, std::move(key_name));
  auto reserved = co_await ledger_->reserve(std::move(request));
  if (!reserved) co_return fail(std::move(reserved).error());
  for (const auto& warning : reserved->warnings())
    sampled_.warn("a budget is used up, the call is made all the same",
                  {{"budget", store::exceeded(warning).ctx()}}, warning.budget->name);
  co_return Purchase(std::move(terms), std::move(*reserved));
}

store::ReserveRequest Spending::request_for(const PurchaseTerms& terms,
                                            const provider::Target& target,
                                            std::string key_name) const {
  const SessionFacts& facts = *terms.facts;
  store::ReserveRequest request;
  request.charges = budgets_.charges(target, key_name, facts);
  request.worst = terms.worst;
  request.info = {.backend = target.backend->config->name,
                  .model = target.model->config->name,
                  .key_id = std::move(key_name),
                  .session = facts.session,
                  .node = facts.node,
                  .tx = facts.tx,
                  .contract = facts.contract};
  return request;
}

bool Spending::leaves_others(const Error& refusal) const {
  if (text::string_at(refusal.ctx(), "/why") == kAbsurd) return true;
  return budgets_.leaves_others(text::string_at(refusal.ctx(), "/budget").value_or(""));
}

void Spending::end_session(const SessionFacts& facts) {
  if (ledger_ != nullptr) ledger_->end_session(facts.session);
}

void Spending::record(store::RecordToWrite record) {
  if (ledger_ != nullptr) ledger_->put_record(std::move(record));
}

void Spending::close() {
  prices_->close();
  if (ledger_ != nullptr) ledger_->close();
}

void Spending::write_to(metrics::Exposition& out) const {
  using metrics::Type;
  prices_->write_to(out);
  if (ledger_ == nullptr) return;
  const auto stats = ledger_->stats();
  out.family("genvm_llm_ledger_reserved_total", Type::counter, "Calls reserved.")
      .sample(stats.reserved);
  out.family("genvm_llm_ledger_refused_total", Type::counter, "Calls that a budget refused.")
      .sample(stats.refused);
  out.family("genvm_llm_ledger_settled_total", Type::counter, "Calls settled.")
      .sample(stats.settled);
  out.family("genvm_llm_ledger_backlog", Type::gauge, "Settled calls not yet in the database.")
      .sample(stats.backlog);
  out.family("genvm_llm_ledger_unreserved_total", Type::counter,
             "Calls made while nothing could be written down.")
      .sample(stats.unreserved);
  out.family("genvm_llm_ledger_alarm", Type::gauge, "1 while the ledger cannot be written.")
      .sample(stats.alarm.empty() ? 0 : 1);
}

store::LedgerOptions ledger_options(const config::LlmConfig& config) {
  store::LedgerOptions options;
  options.folder = config.common.data_dir;
  options.postgres_url = config.ledger.url;
  options.when_broken = config.ledger.when_broken == "continue" ? store::WhenBroken::proceed
                                                                : store::WhenBroken::refuse;
  options.keep_records = std::chrono::days(config.ledger.keep_records_days.count);
  options.keep_calls = std::chrono::days(config.ledger.keep_entries_days.count);
  return options;
}

}  // namespace gvm::billing
