#pragma once
// What a script asks of llm.rs.exec_prompt and llm.rs.route, in terms of candidates. Pure.
#include <optional>
#include <vector>

#include "dispatch/candidates.h"
#include "provider/prompt.h"
#include "routing/rank.h"

namespace gvm::dispatch {

struct PromptWish {
  provider::PromptRequest request;
  std::optional<routing::Strategy> strategy;  // in place of the configured one
  std::vector<routing::CandidateId> excluded;

  // As it is sent to one model, borrowed from this: what the model's configuration says counts
  // before the script's defaults, and after the prompt.
  provider::Prompt prompt_for(const config::ModelConfig& model) const;
};

// Names become candidates. SCRIPT_BAD_ARGUMENT for a strategy that does not exist; what is excluded
// may be unknown.
Result<PromptWish> wish_of(provider::PromptRequest request, const Candidates& candidates);

// Of prompt and answer together, for choices and limits per minute; money goes by size_of().
std::uint32_t estimated_tokens(const provider::Prompt& prompt,
                               std::optional<std::uint32_t> default_max);

}  // namespace gvm::dispatch
