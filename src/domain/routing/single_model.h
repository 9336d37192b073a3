#pragma once
// The plan of a prompt whose caller has chosen the model: the candidates are the endpoints and keys
// of that model. No breaker, pause or limit refuses a call, and a failed call is repeated as the
// backend's `retry` says. Reads the shared HealthTable.
#include <span>
#include <vector>

#include "routing/attempt_budget.h"
#include "routing/plan.h"
#include "routing/rank.h"

namespace gvm::routing {

struct RepeatPolicy {
  unsigned attempts = 1;  // the first included
  BackoffPolicy backoff{};
  std::span<const int> statuses;  // error statuses that are worth another attempt; outlives it
  bool network_errors = true;     // no connection, or one that closed before an answer began
  Time deadline = Time::max();
};

// True when the same call may succeed a moment later.
bool is_transient(const CallOutcome& outcome, const RepeatPolicy& policy);

// first * 2^(retry-1) and up to a quarter more, at most `longest`. The first retry is number 1.
Duration backoff_with_quarter_jitter(const BackoffPolicy& policy, unsigned retry, Random& random);

class SingleModel final : public Plan {
 public:
  // `candidates` is not empty: best first. `table` must outlive it. `tokens`: as of the request.
  SingleModel(const HealthTable& table, std::vector<CandidateId> candidates, std::uint32_t tokens,
              std::uint64_t seed, RepeatPolicy policy);

  // Before a retry, waits as long as the provider asked for, or backs off. When the pause would end
  // after the deadline, the plan ends at once: the caller may still use another model.
  Action next(Time now) override;
  void not_admitted(CandidateId) override { --calls_; }
  void refused(CandidateId id, ErrorKind kind) override;
  void ended(CandidateId id, const CallOutcome& outcome, Time now) override;
  std::optional<Attempt> hedge(Time) override { return std::nullopt; }

 private:
  CandidateId best(Time now) const;
  GiveUp give_up(GiveUp::Why why) const { return {.why = why, .attempts = calls_, .last = last_}; }

  const HealthTable& table_;
  std::vector<CandidateId> candidates_;
  std::uint32_t tokens_;
  Random random_;
  RepeatPolicy policy_;
  unsigned calls_ = 0;
  unsigned renewals_ = 0;
  bool renew_ = false;  // the last call met a connection that the server had closed
  bool told_ = false;   // the calls are told what was wrong with the first answer
  bool over_ = false;   // the last failure is not worth another attempt
  CandidateId called_ = 0;
  std::optional<ErrorKind> last_;
  std::optional<milliseconds> asked_pause_;  // the pause that the provider of `called_` asked for
};

// The candidates of a ranking for one model, with unavailable ones last.
std::vector<CandidateId> candidates_of(const Ranking& ranking);

}  // namespace gvm::routing
