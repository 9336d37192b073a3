#pragma once
// The plan of a prompt that may go to any candidate of its ranking. After a failure, the table of
// docs/routing.md decides which candidate is next. Reads the shared HealthTable.
#include <optional>
#include <span>
#include <vector>

#include "routing/attempt_budget.h"
#include "routing/plan.h"
#include "routing/rank.h"
#include "routing/retry_budget.h"

namespace gvm::routing {

struct FailoverPolicy {
  AttemptLimits limits;
  BackoffPolicy backoff;
  unsigned per_candidate = 2;         // calls to one candidate for one prompt
  milliseconds longest_wait{60'000};  // waiting for candidates to recover, all waits together
};

// One call of the prompt, for its decision record.
struct AttemptNote {
  CandidateId candidate;
  Time began;
  std::optional<Time> ended = std::nullopt;
  std::optional<ErrorKind> error = std::nullopt;  // empty and ended: it answered
  NanoUsd worst = 0;                              // what it committed of the money
  bool correction = false;                        // it was told what was wrong
};

class Failover final : public Plan {
 public:
  // `table`, `retries`, and what `request` refers to must outlive it. Counts the prompt in
  // `retries`.
  Failover(const HealthTable& table, RetryBudget& retries, const Ranking& ranking,
           const Request& request, FailoverPolicy policy);

  Action next(Time now) override;
  void not_admitted(CandidateId id) override;
  void refused(CandidateId id, ErrorKind kind) override;
  void ended(CandidateId id, const CallOutcome& outcome, Time now) override;
  // The best candidate other than the last one, else the same one again.
  std::optional<Attempt> hedge(Time now) override;

  std::span<const AttemptNote> notes() const { return notes_; }
  const AttemptBudget& budget() const { return budget_; }

 private:
  struct Place {
    CandidateId id;
    unsigned calls = 0;
    bool over = false;            // not again for this prompt
    bool to_correct = false;      // its next call is told what was wrong with its last answer
    NanoUsd correction_cost = 0;  // worst case of that call; 0: as of the request
    bool charged = false;         // its last attempt took of the retry budget
  };
  enum class Obstacle : std::uint8_t { none, over, cost, unavailable };

  Place& place_of(CandidateId id);
  void take_back(Place& place, NanoUsd worst, NanoUsd cost);
  AttemptNote* running(CandidateId id);
  NanoUsd worst_case_of(const Place& place) const;
  bool was_corrected(const Place& place) const;
  Place* choose(Time now, Urgency urgency);
  Place* preferred(Time now, Urgency urgency);
  void leave_model(const Place& place);
  template <class Fits>
  Place* first(Time now, Urgency urgency, Fits&& fits);
  Obstacle obstacle(const Place& place, Time now, Urgency urgency) const;
  bool pays(Place& place, Time now);
  Attempt commit(Place& place, Time now, Urgency urgency);
  Duration pause_before(const Place& place, Time now);
  Action wait_or_give_up(Time now);
  GiveUp give_up(GiveUp::Why why, std::optional<Time> recovers_at = {}) const;
  void follow(Place& place, const CallOutcome& outcome);

  const HealthTable& table_;
  RetryBudget& retries_;
  const Request request_;
  FailoverPolicy policy_;
  AttemptBudget budget_;
  Random random_;
  std::vector<Place> places_;
  std::vector<AttemptNote> notes_;
  std::optional<CandidateId> last_;  // the candidate whose error decides the next step
  std::optional<ErrorKind> last_error_;
  std::vector<std::uint32_t> corrected_;  // models that were told what was wrong
  std::uint32_t needs_context_over_ = 0;  // learned from context_too_long
  Duration waited_ = Duration::zero();
  unsigned pauses_ = 0;
  unsigned renewals_ = 0;  // calls repeated because the server had closed the connection
  bool denied_ = false;    // the retry budget refused a call since next() was asked
};

}  // namespace gvm::routing
