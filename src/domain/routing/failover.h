#pragma once
// What one prompt does next: a state machine without clock and I/O of its own. It is told how each
// call ended and says which candidate to call, how long to wait, or that it is over and why. Owned
// by the prompt, used on its lane; reads the shared HealthTable.
//
//   auto action = failover.next(now);
//   for (;;) {
//     Wait   -> sleep until `until`, then next(now)
//     GiveUp -> its to_error()
//     Attempt-> sleep for `delay`; begin() of the table; refused: not_admitted(), then next(now)
//               call it; finish() the table's Call; ended(); a success ends it, else next(now)
//   }
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "routing/attempt_budget.h"
#include "routing/health.h"
#include "routing/rank.h"
#include "routing/retry_budget.h"

namespace gvm::routing {

struct FailoverPolicy {
  AttemptLimits limits;
  BackoffPolicy backoff;
  unsigned per_candidate = 2;         // calls to one candidate for one prompt
  milliseconds longest_wait{60'000};  // in all, for candidates to recover
};

struct Attempt {
  CandidateId candidate;
  Duration delay;   // before it, by the backoff; the deadline allows for it
  Urgency urgency;  // for HealthTable::begin
};

struct Wait {
  Time until;
};

struct GiveUp {
  enum class Why : std::uint8_t {
    final_error,   // the last error ends the prompt: cancelled, deadline, budget
    no_candidate,  // none has what the prompt needs
    all_failed,    // each one that could be called has failed for good
    unavailable,   // all that are left are open, cooling or at their limits; see recovers_at
    attempts,      // no attempts left
    deadline,      // no time left
    cost,          // no candidate's worst case fits the money that is left
    retry_budget,  // the module's retries are used up
  };
  Why why;
  unsigned attempts;
  std::optional<ErrorKind> last = std::nullopt;
  std::optional<Time> recovers_at = std::nullopt;  // the first that may work again, when known

  // NO_PROVIDER_FOR_PROMPT with ctx.why, attempts, last_error and recovers_in_ms.
  Error to_error(Time now) const;
};
std::string_view name_of(GiveUp::Why why);

using Action = std::variant<Attempt, Wait, GiveUp>;

// One call of the prompt, for its decision record.
struct AttemptNote {
  CandidateId candidate;
  Time began;
  std::optional<Time> ended = std::nullopt;
  std::optional<ErrorKind> error = std::nullopt;  // empty and ended: it answered
};

class Failover {
 public:
  // `table`, `retries`, and what `request` refers to must outlive it. Counts the prompt in
  // `retries`.
  Failover(const HealthTable& table, RetryBudget& retries, const Ranking& ranking,
           const Request& request, FailoverPolicy policy);

  // What to do now. An Attempt commits its share of the budgets: it must be followed by ended(),
  // not_admitted() or refused().
  Action next(Time now);
  // The table refused to begin the call: somebody else was faster. Costs nothing.
  void not_admitted(CandidateId id);
  // A budget refused it before anything was sent: it costs nothing and is not asked again for this
  // prompt; what comes next follows from `kind`.
  void refused(CandidateId id, ErrorKind kind);
  // `outcome.cost` is what the call's worst case is settled with.
  void ended(CandidateId id, const Outcome& outcome, Time now);

  // A second call beside the running ones, for a slow answer: the best other candidate, else the
  // same one. Commits like an Attempt, ends like one; empty when the budgets forbid it. With two
  // under way, next() is asked when both have ended without success.
  std::optional<Attempt> hedge(Time now);

  std::span<const AttemptNote> notes() const { return notes_; }
  const AttemptBudget& budget() const { return budget_; }

 private:
  struct Place {
    CandidateId id;
    unsigned calls = 0;
    bool over = false;     // not again for this prompt
    bool charged = false;  // its last attempt took of the retry budget
  };
  enum class Obstacle : std::uint8_t { none, over, cost, unavailable };

  Place& place_of(CandidateId id);
  Place* choose(Time now, Urgency urgency);
  Place* preferred(Time now, Urgency urgency);
  template <class Fits>
  Place* first(Time now, Urgency urgency, Fits&& fits);
  Obstacle obstacle(const Place& place, Time now, Urgency urgency) const;
  bool pays(Place& place, Time now);
  Attempt commit(Place& place, Time now, Urgency urgency);
  Duration pause_before(const Place& place, Time now);
  Action wait_or_give_up(Time now);
  GiveUp give_up(GiveUp::Why why, std::optional<Time> recovers_at = {}) const;
  void follow(Place& place, ErrorKind kind);

  const HealthTable& table_;
  RetryBudget& retries_;
  const Request request_;
  FailoverPolicy policy_;
  AttemptBudget budget_;
  Random random_;
  std::vector<Place> places_;
  std::vector<AttemptNote> notes_;
  std::optional<CandidateId> last_;  // whose error the next step follows
  std::optional<ErrorKind> last_error_;
  std::uint32_t needs_context_over_ = 0;  // learned from context_too_long
  Duration waited_ = Duration::zero();
  unsigned pauses_ = 0;
  bool denied_ = false;  // the retry budget stood in the way since next() was asked
};

}  // namespace gvm::routing
