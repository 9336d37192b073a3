#include "dispatch/router.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <iterator>

#include "pricing/usd.h"

namespace gvm::dispatch {
namespace {

using routing::milliseconds;

routing::HealthPolicy health_policy(const config::RoutingConfig& config) {
  const auto& from = config.breaker;
  routing::HealthPolicy policy;
  auto& breaker = policy.candidate;
  breaker.consecutive_failures = static_cast<unsigned>(from.failures);
  breaker.failure_ratio = from.ratio;
  breaker.min_calls = static_cast<unsigned>(from.minimum);
  breaker.window = from.window;
  breaker.open_first = from.open;
  breaker.open_longest = from.longest;
  breaker.outage_probe = std::min<milliseconds>(breaker.outage_probe, from.open);
  breaker.ramp = from.ramp;
  policy.endpoint = breaker;
  policy.capability_memory = config.learned_for;
  return policy;
}

routing::RankPolicy rank_policy_of(const config::RoutingConfig& config) {
  routing::RankPolicy policy;
  policy.strategy = routing::parse_strategy(config.strategy).value_or(routing::Strategy::priority);
  return policy;
}

routing::SharePolicy retry_share(const config::RetryBudgetConfig& config) {
  return {.share = config.share,
          .floor_per_second = static_cast<double>(config.floor),
          .burst = routing::RetryBudget::defaults().burst};
}

routing::HedgeOptions hedge_options(const config::HedgeConfig& config) {
  routing::HedgeOptions options;
  if (!config.enabled) return options;
  options.mode =
      config.after.count() > 0 ? routing::HedgeMode::fixed : routing::HedgeMode::percentile;
  options.delay = config.after;
  options.percentile = config.quantile;
  options.max_share = config.share;
  return options;
}

bool same(const config::RetryBudgetConfig& a, const config::RetryBudgetConfig& b) {
  return a.share == b.share && a.floor == b.floor;
}

bool same(const config::HedgeConfig& a, const config::HedgeConfig& b) {
  return a.enabled == b.enabled && a.after == b.after && a.quantile == b.quantile &&
         a.share == b.share;
}

// FNV-1a: distinguishes policies; it is not meant against attackers.
std::string hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("{:016x}", hash);
}

std::string policy_text(const config::RoutingConfig& config, const routing::CandidateSet& set) {
  std::string text = fmt::format("{} {} {} {} ", config.strategy, config.attempts,
                                 config.deadline.count(), config.max_cost);
  for (routing::CandidateId id = 0; id < set.size(); ++id) {
    const auto& facts = set.facts(id);
    fmt::format_to(std::back_inserter(text), "{} {} {} {} {} {} {} {} {};", set.label(id),
                   facts.tier, facts.weight, facts.json, facts.image, facts.context_length,
                   facts.limits.requests_per_minute, facts.limits.tokens_per_minute,
                   facts.limits.backend_concurrency);
    const auto& data = facts.data;
    if (data.any == routing::DataRule::none && data.images == data.any &&
        data.personal_data == data.any)
      continue;  // records of configurations without data rules stay replayable
    fmt::format_to(std::back_inserter(text), "data {} {} {};", static_cast<int>(data.any),
                   static_cast<int>(data.images), static_cast<int>(data.personal_data));
  }
  return text;
}

}  // namespace

Router::Router(const config::RoutingConfig& config, Candidates candidates, const Router* before)
    : config_(config),
      candidates_(std::move(candidates)),
      rank_(rank_policy_of(config)),
      hedging_(config.hedge.enabled),
      policy_hash_(hash_of(policy_text(config, *candidates_.set()))),
      health_settings_(health_settings()) {
  if (before != nullptr && before->health_settings_ == health_settings_) {
    health_ = before->health_;
  } else {
    health_ = std::make_shared<routing::HealthTable>(candidates_.set(), health_policy(config));
    if (before != nullptr) take_over(before->hand_over());
  }
  retries_ = before != nullptr && same(before->config_.retry_budget, config.retry_budget)
                 ? before->retries_
                 : std::make_shared<routing::RetryBudget>(retry_share(config.retry_budget));
  hedges_ = before != nullptr && same(before->config_.hedge, config.hedge)
                ? before->hedges_
                : std::make_shared<routing::HedgePolicy>(hedge_options(config.hedge));
  for (routing::CandidateId id = 0; id < set().size(); ++id) {
    const auto& retry = candidates_.target(id).backend->config->retry;
    calls_per_candidate_ = std::max(calls_per_candidate_, static_cast<unsigned>(retry.attempts));
  }
  make_permit_pools(before);
}

// Everything that the rows of the health table depend on.
std::string Router::health_settings() const {
  const auto& breaker = config_.breaker;
  std::string text =
      fmt::format("{} {} {} {} {} {} {} {};", policy_text(config_, set()), breaker.failures,
                  breaker.ratio, breaker.minimum, breaker.window.count(), breaker.open.count(),
                  breaker.longest.count(), breaker.ramp.count());
  fmt::format_to(std::back_inserter(text), "{};", config_.learned_for.count());
  for (routing::CandidateId id = 0; id < set().size(); ++id) text += mark_of(id) + ' ';
  return text;
}

void Router::make_permit_pools(const Router* before) {
  permit_pools_.resize(set().backends());
  for (routing::CandidateId id = 0; id < set().size(); ++id) {
    const auto& backend = *candidates_.target(id).backend->config;
    auto& pool = permit_pools_[set().facts(id).backend];
    if (pool || backend.share.max_concurrency == 0) continue;
    if (before != nullptr) pool = before->permit_pool_of(backend);
    if (pool) continue;
    pool = std::make_shared<routing::PermitPool>(
        routing::PermitLimits{.permits = static_cast<std::uint32_t>(backend.share.max_concurrency),
                              .queue = static_cast<std::uint32_t>(backend.share.max_queue)});
  }
}

// Of the backend with that name, when its limits are the same; else null.
std::shared_ptr<routing::PermitPool> Router::permit_pool_of(
    const config::BackendConfig& backend) const {
  for (routing::CandidateId id = 0; id < set().size(); ++id) {
    const auto& own = *candidates_.target(id).backend->config;
    if (own.name != backend.name) continue;
    const bool same_limits = own.share.max_concurrency == backend.share.max_concurrency &&
                             own.share.max_queue == backend.share.max_queue;
    return same_limits ? permit_pools_[set().facts(id).backend] : nullptr;
  }
  return nullptr;
}

Result<std::unique_ptr<Router>> Router::make(const provider::Catalog& catalog,
                                             const Router* before) {
  auto candidates = Candidates::of(catalog);
  if (!candidates) return fail(std::move(candidates).error());
  return std::unique_ptr<Router>(
      new Router(catalog.config().routing, std::move(*candidates), before));
}

routing::RankPolicy Router::rank_policy(routing::Strategy strategy) const {
  routing::RankPolicy policy = rank_;
  policy.strategy = strategy;
  policy.tiers.clear();
  return policy;
}

routing::PermitPool* Router::permit_pool(routing::CandidateId id) const {
  return permit_pools_[set().facts(id).backend].get();
}

Deadline Router::prompt_deadline(Deadline request) const {
  if (config_.deadline.count() == 0) return request;
  return sooner(request, Deadline::in(config_.deadline));
}

routing::FailoverPolicy Router::failover_policy(Deadline deadline) const {
  routing::FailoverPolicy policy;
  policy.limits.attempts = static_cast<unsigned>(config_.attempts);
  policy.limits.deadline = deadline.when();
  if (!config_.max_cost.empty()) {
    const auto most = pricing::Usd::parse(config_.max_cost);
    policy.limits.cost = most ? static_cast<std::int64_t>(most->atto() / pricing::kAttoPerNano)
                              : pricing::kMaxUsdPerCall * pricing::kNanoPerUsd;
  }
  policy.per_candidate = std::max(policy.per_candidate, calls_per_candidate_);
  policy.backoff = {.first = config_.backoff, .longest = config_.max_backoff};
  return policy;
}

std::uint64_t Router::session_seed() const {
  std::uint64_t seed = 0;
  if (config_.seed != "random") return static_cast<std::uint64_t>(std::stoll(config_.seed));
  if (::getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
    seed = static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
  return seed;
}

// Of the key, for a process that has it as well: the mark goes through a socket that only these two
// hold.
std::string Router::mark_of(routing::CandidateId id) const {
  const auto& target = candidates_.target(id);
  const auto& backend = *target.backend->config;
  const Secret& key = target.key == 0 ? backend.key : backend.keys[target.key - 1];
  return hash_of(fmt::format("{} {}", config::provider_name(backend.provider()), key.reveal()));
}

std::string Router::hand_over() const {
  return health_->to_text([this](auto id) { return mark_of(id); });
}

void Router::take_over(std::string_view text) {
  health_->inherit(text, [this](auto id) { return mark_of(id); });
}

void Router::write_to(metrics::Exposition& out) {
  const auto now = Clock::now();
  const auto series = [&](std::string_view name, std::string_view help, auto&& value) {
    auto family = out.family(name, metrics::Type::gauge, help);
    for (routing::CandidateId id = 0; id < set().size(); ++id) {
      const auto& candidate = set()[id];
      const auto endpoint = std::to_string(candidates_.target(id).endpoint + 1);
      const auto key = std::to_string(candidate.key + 1);
      family.sample(value(id), {{"backend", candidate.backend},
                                {"model", candidate.model},
                                {"endpoint", endpoint},
                                {"key", key}});
    }
  };
  routing::Snapshot snapshot;
  health_->snapshot(now, snapshot);
  series("genvm_llm_candidate_available",
         "1: may be called now; 0: its breaker is open or its provider asked for a pause.",
         [&](auto id) {
           const auto state = snapshot[id].availability;
           return state == routing::Availability::ready || state == routing::Availability::ramping
                      ? 1
                      : 0;
         });
  series("genvm_llm_candidate_calls", "Calls under way.",
         [&](auto id) { return snapshot[id].calls; });
  series("genvm_llm_candidate_latency_microseconds",
         "What a call is expected to take (peak EWMA); 0: unknown.",
         [&](auto id) { return snapshot[id].latency; });
}

}  // namespace gvm::dispatch
