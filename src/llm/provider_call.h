#pragma once
// One prompt to one model of one backend, with the backend's own retries: what
// llm.rs.exec_prompt_in_provider does. On a lane.
#include "llm/attempt.h"

namespace gvm::llm {

// Errors: UNKNOWN_PROVIDER and those of attempt(), all with ctx.provider and ctx.model, redacted.
// The call's views must outlive the awaiting.
asio::awaitable<Result<ProviderAnswer>> call_provider(CallContext context, ProviderCall call,
                                                      Deadline deadline);

}  // namespace gvm::llm
