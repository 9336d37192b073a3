#pragma once
// What one prompt does next: a state machine without clock and I/O of its own. It is told how each
// call ended and says which candidate to call, how long to wait, or that it is over and why. Owned
// by the prompt, used on its lane. Two kinds: Failover, which walks along a ranking, and
// SingleModel, for a caller that has chosen the model itself.
//
//   auto action = plan.next(now);
//   for (;;) {
//     Wait    -> sleep until `until`, then next(now)
//     GiveUp  -> the prompt has failed
//     Attempt -> sleep for `delay`; begin() of the health table; refused: not_admitted(), then
//                next(now)
//                call it; finish() the table's Call; ended(); a success ends it, else next(now)
//   }
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "base/error.h"
#include "routing/health.h"

namespace gvm::routing {

struct Attempt {
  CandidateId candidate;
  Duration delay;   // before it, by the backoff; the deadline allows for it
  Urgency urgency;  // for HealthTable::begin
  // Its last answer to this prompt was no use: it is asked again and told why.
  bool correction = false;
};

struct Wait {
  Time until;
};

struct GiveUp {
  enum class Why : std::uint8_t {
    final_error,   // the last error ends the prompt: cancelled, deadline, budget
    no_candidate,  // none has what the prompt needs
    all_failed,    // every candidate that could be called failed in a way that stays
    unavailable,   // the remaining candidates are open, cooling down or at their limits; see
                   // recovers_at
    attempts,      // no attempts left
    deadline,      // no time left
    cost,          // no candidate's worst case fits the money that is left
    retry_budget,  // the module's retries are used up
  };
  Why why;
  unsigned attempts;
  std::optional<ErrorKind> last = std::nullopt;
  // When the first candidate may work again, if known.
  std::optional<Time> recovers_at = std::nullopt;

  // NO_PROVIDER_FOR_PROMPT with ctx.why, attempts, last_error and recovers_in_ms.
  Error to_error(Time now) const;
};
std::string_view name_of(GiveUp::Why why);

using Action = std::variant<Attempt, Wait, GiveUp>;

// How often one prompt may repeat a call because the server had closed the connection, without
// counting it as an attempt.
inline constexpr unsigned kFreeRenewals = 2;

class Plan {
 public:
  virtual ~Plan() = default;

  // What to do now. An Attempt has taken its share of the budgets: it must be followed by ended(),
  // not_admitted() or refused().
  virtual Action next(Time now) = 0;
  // The health table refused the call because another call was faster. Costs nothing.
  virtual void not_admitted(CandidateId id) = 0;
  // A budget refused the call before anything was sent. It costs nothing, and the candidate is not
  // used again for this prompt; `kind` decides what comes next.
  virtual void refused(CandidateId id, ErrorKind kind) = 0;
  // `outcome.cost` replaces the call's worst case.
  virtual void ended(CandidateId id, const CallOutcome& outcome, Time now) = 0;
  // A second call beside the running ones, for a slow answer. It takes its share of the budgets and
  // ends like an Attempt; empty when no second call is possible. With two calls under way, next()
  // is called when both have ended without success.
  virtual std::optional<Attempt> hedge(Time now) = 0;
};

}  // namespace gvm::routing
