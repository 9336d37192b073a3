#pragma once
// Which candidates a prompt may go to: the ranking, and all that it was made from, as the decision
// record keeps it. On a lane.
#include <memory>

#include "dispatch/decision.h"
#include "dispatch/resolved_prompt.h"
#include "dispatch/run_context.h"

namespace gvm::dispatch {

// Stays where it is: the request refers to lists of the decision.
struct PromptChoice {
  Decision decision;
  routing::Request request;
  routing::Snapshot snapshot;

  PromptChoice() = default;
  PromptChoice(const PromptChoice&) = delete;
  PromptChoice& operator=(const PromptChoice&) = delete;
};

// Every candidate that can do what the prompt needs; of a single step, its model's. `deadline` is
// the prompt's.
void choose(const RunContext& context, const ResolvedPrompt& prompt,
            const pricing::PriceCatalog& prices, Deadline deadline, PromptChoice& out);

}  // namespace gvm::dispatch
