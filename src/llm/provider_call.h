#pragma once
// One prompt to one model of one backend, with the backend's own retries: what
// llm.rs.exec_prompt_in_provider does. It is paid for like any other call, but neither breakers nor
// the choice of models have a say. On a lane.
#include "llm/prompt_run.h"

namespace gvm::llm {

// Errors: UNKNOWN_PROVIDER, BUDGET_EXCEEDED, those of attempt(), all with ctx.provider and
// ctx.model, redacted. The call's views must outlive the awaiting. Without an engine nothing is
// paid for.
asio::awaitable<Result<ProviderAnswer>> call_provider(RunContext context, ProviderCall call,
                                                      Deadline deadline);

}  // namespace gvm::llm
