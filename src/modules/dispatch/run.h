#pragma once
// One prompt's way to an answer: candidates are ranked, called one after another or side by side,
// paid for, and blamed for what they do wrong, until one answers or nothing is left to try. One
// budget of attempts, of time and of money for all of it. On a lane.
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

// Errors: NO_PROVIDER_FOR_PROMPT (ctx.why, attempts, last_error, recovers_in_ms, record),
// BUDGET_EXCEEDED, DEADLINE_EXCEEDED, CANCELLED, SCRIPT_BAD_ARGUMENT. Redacted. The wish's views
// must outlive the awaiting.
asio::awaitable<Result<PromptAnswer>> run_prompt(RunContext context, PromptWish wish,
                                                 Deadline deadline);

}  // namespace gvm::dispatch
