#pragma once
// The consequences of each error kind for the next call, for health and for money: the table of
// docs/routing.md.
#include <span>

#include "routing/error_kind.h"

namespace gvm::routing {

// Where the next attempt goes. When no such candidate is left, the next one of the ranking.
enum class Step : std::uint8_t {
  retry_here,      // the same candidate once more, after a pause
  correct,         // the same candidate once more, at once, told what was wrong with its answer
  next_key,        // same backend and model, another key
  next_endpoint,   // same backend and model, another endpoint
  next_candidate,  // the next one of the ranking
  next_model,  // the next one with another backend or model, because siblings would answer the same
  give_up,
};

// What the error says about health, and about whose health.
enum class Effect : std::uint8_t {
  none,        // caused by the caller
  failure,     // counts towards opening the breaker
  decisive,    // opens the breaker at once, because the next call would fail too
  cooldown,    // works, but must not be called for a while
  capability,  // works, but cannot do this; it is remembered
};
enum class Blame : std::uint8_t { nobody, candidate, key, endpoint };

enum class RetryAfter : std::uint8_t { ignored, honoured };
// True when the upstream answered at all: its endpoint then works.
enum class Answered : std::uint8_t { no, yes };
// Whether the same candidate may be asked again for the same prompt.
enum class Again : std::uint8_t { no, yes };

// What a call that was sent is charged when the provider reported no usage. An error status is
// considered before the kind: below 500 nothing is charged; from 500 on the charge is that of a
// server error.
enum class Charge : std::uint8_t {
  nothing,       // it certainly produced nothing
  worst_case,    // it may have produced an answer that was lost
  server_error,  // as the model's `charge_server_errors` says
};

struct FailoverRule {
  ErrorKind kind;
  Step step;
  Effect effect;
  Blame blame;
  RetryAfter retry_after;
  Answered answered;
  Again again;
  Charge charge;
};

const FailoverRule& rule_of(ErrorKind kind);
std::span<const FailoverRule> failover_table();

std::string_view name_of(Step step);
std::string_view name_of(Effect effect);
std::string_view name_of(Blame blame);
std::string_view name_of(Charge charge);

}  // namespace gvm::routing
