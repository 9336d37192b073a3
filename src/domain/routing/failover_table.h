#pragma once
// What follows from each error kind: the table of docs/routing.md, in one place.
#include <span>

#include "routing/error_kind.h"

namespace gvm::routing {

// Where the next attempt goes. When there is no such candidate left, the next one of the ranking.
enum class Step : std::uint8_t {
  retry_here,      // the same candidate once more, after a pause
  next_key,        // same backend and model, another key
  next_endpoint,   // same backend and model, another endpoint
  next_candidate,  // the next one of the ranking
  next_model,      // the next one of another backend or model: siblings would answer the same
  give_up,
};

// What the error says about health, and of whom.
enum class Effect : std::uint8_t {
  none,        // the caller's matter
  failure,     // counts towards opening the breaker
  decisive,    // opens the breaker at once: it will not work a moment later either
  cooldown,    // alive, but not to be asked for a while
  capability,  // alive, but cannot do this: remembered
};
enum class Blame : std::uint8_t { nobody, candidate, key, endpoint };

enum class RetryAfter : std::uint8_t { ignored, honoured };
// Whether the upstream answered at all: its endpoint is then alive.
enum class Answered : std::uint8_t { no, yes };
// Whether the same candidate may be asked again for the same prompt.
enum class Again : std::uint8_t { no, yes };

struct FailoverRule {
  ErrorKind kind;
  Step step;
  Effect effect;
  Blame blame;
  RetryAfter retry_after;
  Answered answered;
  Again again;
};

const FailoverRule& rule_of(ErrorKind kind);
std::span<const FailoverRule> failover_table();

std::string_view name_of(Step step);
std::string_view name_of(Effect effect);
std::string_view name_of(Blame blame);

}  // namespace gvm::routing
