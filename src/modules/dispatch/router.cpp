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
  }
  return text;
}

}  // namespace

Router::Router(const config::RoutingConfig& config, Candidates candidates)
    : config_(config),
      candidates_(std::move(candidates)),
      health_(candidates_.set(), health_policy(config)),
      rank_(rank_policy_of(config)),
      retries_(retry_share(config.retry_budget)),
      hedges_(hedge_options(config.hedge)),
      hedging_(config.hedge.enabled),
      policy_hash_(hash_of(policy_text(config, *candidates_.set()))) {
  permit_pools_.resize(set().backends());
  for (routing::CandidateId id = 0; id < set().size(); ++id) {
    const auto& retry = candidates_.target(id).backend->config->retry;
    calls_per_candidate_ = std::max(calls_per_candidate_, static_cast<unsigned>(retry.attempts));
  }
  for (routing::CandidateId id = 0; id < set().size(); ++id) {
    const auto& share = candidates_.target(id).backend->config->share;
    auto& pool = permit_pools_[set().facts(id).backend];
    if (pool || share.max_concurrency == 0) continue;
    pool = std::make_unique<routing::PermitPool>(
        routing::PermitLimits{.permits = static_cast<std::uint32_t>(share.max_concurrency),
                              .queue = static_cast<std::uint32_t>(share.max_queue)});
  }
}

Result<std::unique_ptr<Router>> Router::make(const provider::Catalog& catalog) {
  auto candidates = Candidates::of(catalog);
  if (!candidates) return fail(std::move(candidates).error());
  return std::unique_ptr<Router>(new Router(catalog.config().routing, std::move(*candidates)));
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
  return health_.to_text([this](auto id) { return mark_of(id); });
}

void Router::take_over(std::string_view text) {
  health_.inherit(text, [this](auto id) { return mark_of(id); });
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
  health_.snapshot(now, snapshot);
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
