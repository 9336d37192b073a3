#pragma once
// How a prompt gets its answer: candidates are chosen, called one after another or side by side,
// charged, and their failures recorded, until one answers or none is left. One budget of attempts,
// time and money covers all of it. On a lane.
//
// A single step (ResolvedPrompt::only) takes the same way by another policy: the candidates are one
// model's, the backend's `retry` says when to call again, breakers and limits per minute refuse
// nothing, and failures are logged at level debug, because the script handles them.
#include <string>

#include "dispatch/resolved_prompt.h"
#include "dispatch/run_context.h"

namespace gvm::dispatch {

namespace asio = boost::asio;

struct PromptAnswer {
  provider::ProviderAnswer answer;  // with the gen of all the prompt's calls, and the record's id
  routing::CandidateId candidate = 0;
  std::int64_t nano_usd = 0;  // all of the prompt's calls

  // {data, consumed_gen, tokens, record, provider, model, cost (USD, a decimal text)}
  Value to_value(const Candidates& candidates) &&;
};

// Errors: NO_PROVIDER_FOR_PROMPT (ctx.why, attempts, last_error, recovers_in_ms), BUDGET_EXCEEDED,
// DEADLINE_EXCEEDED, CANCELLED, SCRIPT_BAD_ARGUMENT; of a single step those of the last exchange,
// with ctx.provider and ctx.model. All have ctx.record and are redacted. The prompt's views must
// outlive the awaiting.
asio::awaitable<Result<PromptAnswer>> run_prompt(RunContext context, ResolvedPrompt prompt,
                                                 Deadline deadline);

}  // namespace gvm::dispatch
