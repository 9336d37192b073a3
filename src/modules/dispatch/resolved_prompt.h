#pragma once
// A prompt in terms of candidates: which ones may be asked, and what each of them is sent. Pure.
#include <optional>
#include <vector>

#include "dispatch/candidates.h"
#include "provider/prompt.h"
#include "routing/rank.h"

namespace gvm::dispatch {

struct ResolvedPrompt {
  provider::Format format = provider::Format::text;
  // As provider::ProviderCall::schema.
  std::shared_ptr<const json_schema::Schema> schema;
  provider::Prompt prompt;
  // For models whose configuration does not say, when the prompt does not say either.
  std::optional<double> default_temperature;
  std::optional<std::uint32_t> default_max_tokens;
  std::optional<routing::Strategy> strategy;  // in place of the configured one
  std::vector<routing::CandidateId> excluded;
  bool holds_personal_data = false;  // found in its texts; for data rules
  // What its backends must be, beside what the operator's data rules say.
  config::DataDemand data;
  // By candidate, in place of its own tier, so that these come before those; empty: their own.
  std::vector<std::uint8_t> tiers;
  // What was drawn for it, for the decision record; null: nothing was.
  Value greybox;
  // A single step: the caller has chosen the model, so no other one is asked, and neither breakers
  // nor limits refuse the call. The candidates are the model's endpoints and keys.
  std::optional<provider::Catalog::Found> only;

  // What one model is sent, borrowed from this prompt: the prompt's own parameters come first,
  // then the model's configuration, then the defaults.
  provider::Prompt prompt_for(const config::ModelConfig& model) const;
};

// UNKNOWN_PROVIDER names the backends or models that exist.
Result<ResolvedPrompt> resolve_single_step(provider::ProviderCall call,
                                           const provider::Catalog& catalog);

// Tokens of prompt and answer together, an estimate for choices and limits per minute. Money is
// reserved by billing::size_of(), which is an upper bound.
std::uint32_t estimated_tokens(const provider::Prompt& prompt,
                               std::optional<std::uint32_t> default_max);

}  // namespace gvm::dispatch
