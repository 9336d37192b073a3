#pragma once
// One prompt to one model of one backend, with the backend's own retries: what
// llm.rs.exec_prompt_in_provider does. A script that drives its own failover decides whom to ask:
// no breaker, pause or limit refuses the call. Which of the model's endpoints and keys is asked is
// chosen here. It is paid for, learned from and recorded like any other call. On a lane.
#include "dispatch/run_context.h"
#include "provider/prompt.h"

namespace gvm::dispatch {

namespace asio = boost::asio;

// Errors: UNKNOWN_PROVIDER, BUDGET_EXCEEDED, those of exchange(), all with ctx.provider, ctx.model
// and, once it is known whom to ask, ctx.record; redacted. The call's views must outlive the
// awaiting. Without an engine nothing is chosen, paid for or recorded.
asio::awaitable<Result<provider::ProviderAnswer>> call_provider(RunContext context,
                                                                provider::ProviderCall call,
                                                                Deadline deadline);

}  // namespace gvm::dispatch
