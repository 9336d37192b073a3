#pragma once
// The error of a prompt that the operator's data rules keep from every model (docs/routing.md,
// "Data rules").
#include <optional>

#include "dispatch/candidates.h"
#include "dispatch/choice.h"

namespace gvm::dispatch {

// Nothing when a candidate is left, now or in a while, or when other reasons alone speak against
// all. DATA_RULES of a single step, else NO_PROVIDER_FOR_PROMPT with ctx.why = "data_rules"; both
// list in ctx.data_rules the configuration's keys that forbid it.
std::optional<Error> kept_by_data_rules(const Candidates& candidates, const PromptChoice& choice,
                                        bool single_step);

}  // namespace gvm::dispatch
