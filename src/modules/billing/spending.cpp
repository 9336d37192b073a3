#include "billing/spending.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/error_codes.h"
#include "base/json.h"
#include "ledger/open_ledger.h"
#include "text/json_view.h"

namespace gvm::billing {
namespace {

std::int64_t nano_of(const std::string& usd) {
  const auto amount = pricing::Usd::parse(usd);
  const auto nano = amount ? amount->nano_up() : std::nullopt;
  return nano ? *nano : pricing::kMaxUsdPerCall * pricing::kNanoPerUsd;
}

// USD may have decimals; they are cut at nano-USD, so that nothing is spent beyond the limit.
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

std::int64_t clamp_tokens(std::uint64_t tokens) {
  return static_cast<std::int64_t>(
      std::min<std::uint64_t>(tokens, static_cast<std::uint64_t>(store::Amounts::kMost)));
}

// Empty: beyond 256 bits.
std::optional<Integer> gen_for(const pricing::Usd& cost, const SessionFacts& facts) {
  if (!facts.gen_rate) return Integer();
  auto gen = pricing::consumed_gen(cost, *facts.gen_rate);
  return gen ? std::optional(std::move(*gen)) : std::nullopt;
}

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

Error catalogue_error(const std::vector<config::Diagnostic>& errors) {
  Error error(codes::kInvalidConfig, Fatality::fatal, "the price catalogue is not usable");
  for (const auto& each : errors) error.add_cause(each.to_string());
  return error;
}

// Fields of a script's own may make a call longer than its prompt says.
void add_extra(CallSize& size, const Value& extra) {
  if (const auto* fields = extra.as_map(); fields == nullptr || fields->empty()) return;
  size.prompt_tokens += json::write(extra).size();
  const auto number = [&](std::string_view pointer) {
    constexpr std::int64_t kMost = 1 << 30;  // far from the end of 64 bits when multiplied
    const std::int64_t found = text::integer_at(extra, pointer).value_or(0);
    return static_cast<std::uint64_t>(std::clamp<std::int64_t>(found, 0, kMost));
  };
  for (const auto limit : {"/max_tokens", "/max_completion_tokens", "/options/num_predict",
                           "/generationConfig/maxOutputTokens"})
    size.answer_tokens = std::max(size.answer_tokens, number(limit));
  size.answer_tokens *=
      std::max({std::uint64_t{1}, number("/n"), number("/generationConfig/candidateCount")});
}

bool asks_for_ledger(const config::LlmConfig& config) {
  return !config.budgets.empty() || !config.ledger.url.empty();
}

}  // namespace

CallSize size_of(const provider::Prompt& prompt, const config::ModelConfig& model,
                 std::uint64_t assumed_max_tokens) {
  CallSize size;
  size.prompt_tokens = kFrameTokens + prompt.user_message.view().size();
  if (prompt.system_message) size.prompt_tokens += prompt.system_message->view().size();
  size.images = prompt.images.size();
  size.prompt_tokens += size.images * kImageTokens;
  provider::Prompt limited;
  limited.max_tokens = prompt.max_tokens;
  provider::apply_rules(limited, model);
  size.answer_tokens = limited.max_tokens ? *limited.max_tokens : assumed_max_tokens;
  add_extra(size, prompt.extra);
  return size;
}

Purchase::~Purchase() {
  if (ended_ || !reservation_) return;
  if (sent_) reservation_.settle_unknown({.actual = {}, .error = "cancelled"});
}

Bill Purchase::bill_of(const provider::TokenUsage& reported) const {
  const pricing::CallBounds bounds{.prompt_tokens = size_.prompt_tokens,
                                   .output_tokens = size_.answer_tokens,
                                   .images = size_.images};
  const auto usage = pricing::read_usage(reported.raw_usage, provider_, bounds);
  Bill bill;
  bill.tokens = usage.known ? usage.prompt_tokens() + usage.output_tokens() : size_.tokens();
  if (!usage.known) bill.flags |= store::flags::kEstimatedUsage;
  std::expected<pricing::Cost, pricing::Unknown> cost = std::unexpected(pricing::Unknown::no_entry);
  if (entry_ != nullptr) cost = pricing::cost(usage, *entry_);
  if (cost) {
    bill.nano_usd = cost->nano_usd;
    bill.exact = cost->exact;
    return bill;
  }
  bill.nano_usd = worst_.nano_usd;
  bill.flags |= store::flags::kUnknownCost;
  if (entry_ == nullptr) bill.flags |= store::flags::kUnknownPrice;
  return bill;
}

Bill Purchase::end(const provider::Attempted& attempted, std::string_view kind,
                   const std::string& record_id) {
  ended_ = true;
  store::Settlement settlement;
  settlement.error = std::string(kind);
  settlement.record_id = record_id;
  Bill bill;
  const provider::TokenUsage* usage = attempted.answer  ? &attempted.answer->usage
                                      : attempted.usage ? &*attempted.usage
                                                        : nullptr;
  const bool refused = !attempted.answer && attempted.answer.error().code() == codes::kStatusNotOk;
  if (!attempted.sent) {
    reservation_.release();
    return bill;
  }
  if (usage != nullptr) {
    bill = bill_of(*usage);
  } else if (!refused) {
    // It was sent and no bill came: it may have cost anything up to its worst case.
    bill.nano_usd = worst_.nano_usd;
    bill.tokens = size_.tokens();
    bill.flags = store::flags::kUnknownCost;
  }
  settlement.actual = {.nano_usd = bill.nano_usd,
                       .tokens = clamp_tokens(bill.tokens),
                       .requests = 1,
                       .gen = gen_for(bill.cost(), *facts_).value_or(worst_.gen)};
  settlement.flags = bill.flags;
  reservation_.settle(std::move(settlement));
  return bill;
}

Spending::Spending(std::shared_ptr<const config::LlmConfig> config, log::Logger logger)
    : config_(std::move(config)),
      unknown_reserve_(nano_of(config_->pricing.unknown_reserve)),
      logger_(std::move(logger)),
      sampled_(logger_) {
  for (const auto& budget : config_->budgets) rules_.push_back({&budget, budget_of(budget)});
}

Spending::~Spending() = default;

Result<std::unique_ptr<Spending>> Spending::open(std::shared_ptr<const config::LlmConfig> config,
                                                 const config::Environment& environment,
                                                 const log::Logger& logger) {
  std::unique_ptr<Spending> made(new Spending(config, logger));
  if (auto opened = made->open_prices(environment); !opened) return fail(std::move(opened).error());
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

Result<void> Spending::open_prices(const config::Environment& environment) {
  const auto& prices = config_->pricing;
  prices_ = std::make_unique<pricing::LiveCatalog>(prices.file, environment);
  if (prices.file.empty()) return {};
  auto loaded = prices_->reload();
  if (!loaded) return fail(catalogue_error(loaded.error()));
  for (const auto& warning : *loaded) logger_.warn(warning);
  watch_ = std::make_unique<pricing::CatalogWatch>(*prices_, prices.reload_every,
                                                   [this](const auto& read) { prices_read(read); });
  return {};
}

std::int64_t Spending::worst_case(const pricing::Catalog& prices, const provider::Target& target,
                                  const CallSize& size) const {
  return most_of(prices, target, size).value_or(kBeyondReserving);
}

std::optional<std::int64_t> Spending::most_of(const pricing::Catalog& prices,
                                              const provider::Target& target,
                                              const CallSize& size) const {
  const auto entry =
      prices.find(target.backend->config->name, target.model->config->upstream_name(),
                  std::chrono::system_clock::now());
  if (!entry) return unknown_reserve_;
  const auto worst = pricing::worst_case(**entry, {.prompt_tokens = size.prompt_tokens,
                                                   .max_tokens = size.answer_tokens,
                                                   .images = size.images});
  if (worst) return *worst;
  if (worst.error() == pricing::Unknown::absurd) return std::nullopt;
  return unknown_reserve_;
}

std::optional<store::Amounts> Spending::worst_amounts(const pricing::Catalog& prices,
                                                      const provider::Target& target,
                                                      const CallSize& size,
                                                      const SessionFacts& facts) const {
  const auto nano_usd = most_of(prices, target, size);
  if (!nano_usd || size.tokens() > static_cast<std::uint64_t>(store::Amounts::kMost))
    return std::nullopt;
  auto gen = gen_for(pricing::Usd::from_nano(*nano_usd), facts);
  if (!gen) return std::nullopt;
  return store::Amounts{.nano_usd = *nano_usd,
                        .tokens = static_cast<std::int64_t>(size.tokens()),
                        .requests = 1,
                        .gen = std::move(*gen)};
}

std::vector<store::Charge> Spending::charges_of(const provider::Target& target,
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

boost::asio::awaitable<Result<Purchase>> Spending::reserve(
    std::shared_ptr<const pricing::Catalog> prices, provider::Target target, std::string key_name,
    CallSize size, const SessionFacts& facts) {
  Purchase purchase;
  const auto entry =
      prices->find(target.backend->config->name, target.model->config->upstream_name(),
                   std::chrono::system_clock::now());
  if (entry) purchase.entry_ = *entry;
  purchase.provider_ = target.backend->config->provider();
  purchase.facts_ = &facts;
  purchase.size_ = size;
  auto worst = worst_amounts(*prices, target, size, facts);
  if (!worst) co_return fail(absurd(target));
  purchase.worst_ = std::move(*worst);
  purchase.prices_ = std::move(prices);
  if (ledger_ != nullptr) {
    store::ReserveRequest request;
    request.charges = charges_of(target, key_name, facts);
    request.worst = purchase.worst_;
    request.info = {.backend = target.backend->config->name,
                    .model = target.model->config->name,
                    .key_id = std::move(key_name),
                    .session = facts.session,
                    .node = facts.node,
                    .tx = facts.tx,
                    .contract = facts.contract};
    auto reserved = co_await ledger_->reserve(std::move(request));
    if (!reserved) co_return fail(std::move(reserved).error());
    for (const auto& warning : reserved->warnings())
      sampled_.warn("a budget is used up, the call is made all the same",
                    {{"budget", store::exceeded(warning).ctx()}}, warning.budget->name);
    purchase.reservation_ = std::move(*reserved);
  }
  purchase.ended_ = false;
  co_return purchase;
}

bool Spending::leaves_others(const Error& refusal) const {
  if (text::string_at(refusal.ctx(), "/why") == kAbsurd) return true;
  const auto name = text::string_at(refusal.ctx(), "/budget").value_or("");
  const auto found =
      std::ranges::find_if(rules_, [&](const Rule& r) { return r.config->name == name; });
  if (found == rules_.end()) return false;
  const auto& budget = *found->config;
  return budget.action == config::BudgetAction::cheaper ||
         std::ranges::any_of(budget.scope, is_of_candidate) ||
         std::ranges::any_of(budget.only, [](const auto& o) { return is_of_candidate(o.first); });
}

void Spending::end_session(const SessionFacts& facts) {
  if (ledger_ != nullptr) ledger_->end_session(facts.session);
}

void Spending::record(store::RecordToWrite record) {
  if (ledger_ != nullptr) ledger_->put_record(std::move(record));
}

// On the watch's thread.
void Spending::prices_read(const pricing::CatalogWatch::Reloaded& read) {
  price_reads_.last_refused.store(!read, std::memory_order_relaxed);
  auto& count = read ? price_reads_.taken : price_reads_.refused;
  count.fetch_add(1, std::memory_order_relaxed);
  if (!read) {
    logger_.error("the price catalogue is not usable, the old one stays",
                  {{"error", catalogue_error(read.error()).to_value()},
                   {"hash", Value::string(prices()->hash())}});
    return;
  }
  logger_.info("price catalogue loaded", {{"hash", Value::string(prices()->hash())}});
  for (const auto& warning : *read) logger_.warn(warning);
}

void Spending::close() {
  watch_.reset();
  if (ledger_ != nullptr) ledger_->close();
}

void Spending::write_to(std::string& out) const {
  const auto row = [&](std::string_view name, std::string_view type, std::string_view help,
                       auto value) {
    fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help,
                   type, value);
  };
  row("genvm_llm_prices_taken_total", "counter", "Changed price catalogues that were taken.",
      price_reads_.taken.load(std::memory_order_relaxed));
  row("genvm_llm_prices_refused_total", "counter", "Changed price catalogues with errors.",
      price_reads_.refused.load(std::memory_order_relaxed));
  row("genvm_llm_prices_outdated", "gauge",
      "1 while the price catalogue has errors and the one before it is in use.",
      price_reads_.last_refused.load(std::memory_order_relaxed) ? 1 : 0);
  if (ledger_ == nullptr) return;
  const auto stats = ledger_->stats();
  row("genvm_llm_ledger_reserved_total", "counter", "Calls reserved.", stats.reserved);
  row("genvm_llm_ledger_refused_total", "counter", "Calls that a budget refused.", stats.refused);
  row("genvm_llm_ledger_settled_total", "counter", "Calls settled.", stats.settled);
  row("genvm_llm_ledger_backlog", "gauge", "Settled calls not yet in the database.", stats.backlog);
  row("genvm_llm_ledger_unreserved_total", "counter",
      "Calls made while nothing could be written down.", stats.unreserved);
  row("genvm_llm_ledger_alarm", "gauge", "1 while the ledger cannot be written.",
      stats.alarm.empty() ? 0 : 1);
}

std::vector<store::BudgetPtr> budgets_of(const config::LlmConfig& config) {
  std::vector<store::BudgetPtr> budgets;
  for (const auto& budget : config.budgets) budgets.push_back(budget_of(budget));
  return budgets;
}

store::LedgerOptions ledger_options(const config::LlmConfig& config) {
  store::LedgerOptions options;
  options.folder = config.common.data_dir;
  options.postgres_url = config.ledger.url;
  options.when_broken = config.ledger.when_broken == "continue" ? store::WhenBroken::proceed
                                                                : store::WhenBroken::refuse;
  options.keep_records = std::chrono::days(config.ledger.keep_records_days);
  options.keep_calls = std::chrono::days(config.ledger.keep_entries_days);
  return options;
}

}  // namespace gvm::billing
