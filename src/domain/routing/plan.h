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

// How often one prompt meets a connection that the server had closed and calls again on a fresh one
// without counting it as an attempt.
inline constexpr unsigned kFreeRenewals = 2;

class Plan {
 public:
  virtual ~Plan() = default;

  // What to do now. An Attempt commits its share of the budgets: it must be followed by ended(),
  // not_admitted() or refused().
  virtual Action next(Time now) = 0;
  // The table refused to begin the call: somebody else was faster. Costs nothing.
  virtual void not_admitted(CandidateId id) = 0;
  // A budget refused it before anything was sent: it costs nothing and is not asked again for this
  // prompt; what comes next follows from `kind`.
  virtual void refused(CandidateId id, ErrorKind kind) = 0;
  // `outcome.cost` is what the call's worst case is settled with.
  virtual void ended(CandidateId id, const CallOutcome& outcome, Time now) = 0;
  // A second call beside the running ones, for a slow answer. Commits like an Attempt, ends like
  // one; empty when there is none. With two under way, next() is asked when both have ended without
  // success.
  virtual std::optional<Attempt> hedge(Time now) = 0;
};

}  // namespace gvm::routing
