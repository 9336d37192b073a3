#pragma once
// What routing knows for the whole module: candidates, their health, the shared budgets of retries
// and second calls, and how many calls each backend gets at once. Shared by all lanes.
//
// After a reload the new router goes on with what the one before learned. Parts that have the same
// settings are shared by both, so that prompts of old and of new sessions count together.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "dispatch/candidates.h"
#include "routing/failover.h"
#include "routing/health.h"
#include "routing/hedge.h"
#include "routing/permits.h"
#include "routing/rank.h"

namespace gvm::dispatch {

class Router {
 public:
  // `before`: the router of the configuration before; null at the start.
  static Result<std::unique_ptr<Router>> make(const provider::Catalog& catalog,
                                              const Router* before = nullptr);

  const Candidates& candidates() const { return candidates_; }
  const routing::CandidateSet& set() const { return *candidates_.set(); }
  routing::HealthTable& health() { return *health_; }
  const routing::RankPolicy& rank_policy() const { return rank_; }
  // With another strategy for one prompt.
  routing::RankPolicy rank_policy(routing::Strategy strategy) const;
  routing::RetryBudget& retries() { return *retries_; }
  routing::HedgePolicy& hedges() { return *hedges_; }
  bool hedging() const { return hedging_; }
  // Of the candidate's backend; null when it has no limit.
  routing::PermitPool* permit_pool(routing::CandidateId id) const;
  // Of one prompt whose request has that one.
  Deadline prompt_deadline(Deadline request) const;
  routing::FailoverPolicy failover_policy(Deadline deadline) const;
  // Of a new session: the configured one, or drawn at random.
  std::uint64_t session_seed() const;
  // 16 hexadecimal digits over everything that decides: the policy of decision records.
  const std::string& policy_hash() const { return policy_hash_; }

  // What was learned about the candidates, for the process that takes over, and of the process
  // before. A candidate whose key is another one starts anew.
  std::string hand_over() const;
  void take_over(std::string_view text);

  // Breakers, latencies, calls in flight, by candidate.
  void write_to(metrics::Exposition& out);

 private:
  Router(const config::RoutingConfig& config, Candidates candidates, const Router* before);
  std::string mark_of(routing::CandidateId id) const;
  std::string health_settings() const;
  void make_permit_pools(const Router* before);
  std::shared_ptr<routing::PermitPool> permit_pool_of(const config::BackendConfig& backend) const;

  const config::RoutingConfig& config_;
  Candidates candidates_;
  std::shared_ptr<routing::HealthTable> health_;
  routing::RankPolicy rank_;
  std::shared_ptr<routing::RetryBudget> retries_;
  std::shared_ptr<routing::HedgePolicy> hedges_;
  bool hedging_;
  std::vector<std::shared_ptr<routing::PermitPool>> permit_pools_;  // by the candidates' backend
  unsigned calls_per_candidate_ = 1;  // what the backends' `retry` allows
  std::string policy_hash_;
  std::string health_settings_;  // two routers with the same ones share their health table
};

}  // namespace gvm::dispatch
