#pragma once
// Parses a prompt in the form in which scripts pass it to `llm.rs` (lua-api.md, "lib-llm"). Texts
// and images are borrowed from the script's values during the call.
#include "dispatch/resolved_prompt.h"

namespace gvm::llm {

// Both functions take sampling names that stand at the top of `extra` (top_p, top_k, stop, seed,
// penalties) as sampling parameters, so that every provider gets them where it has a place for
// them. Errors: SCRIPT_BAD_ARGUMENT, INVALID_IMAGE.

// The request of llm.rs.exec_prompt_in_provider.
Result<provider::ProviderCall> parse_provider_call(Value request);

// The request of llm.rs.exec_prompt and llm.rs.route. SCRIPT_BAD_ARGUMENT also for a strategy that
// does not exist. `exclude` may name backends and models that do not exist.
Result<dispatch::ResolvedPrompt> parse_prompt(Value request,
                                              const dispatch::Candidates& candidates);

}  // namespace gvm::llm
