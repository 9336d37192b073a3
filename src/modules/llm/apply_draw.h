#pragma once
// A draw takes effect on a prompt: before guards look at it and before routing ranks its models.
#include "dispatch/resolved_prompt.h"
#include "llm/services.h"
#include "script/script.h"

namespace gvm::llm {

namespace asio = boost::asio;

// Only which models are asked, in which order. `left`: the first argument of the host function
// (SessionGreybox::read). Without `greybox` in the configuration nothing happens.
// SCRIPT_BAD_ARGUMENT.
Result<void> order_models(const LlmServices& services, Value left,
                          dispatch::ResolvedPrompt& prompt);

// All of it: models, parameters that the script does not give, filters, phrasing; and what the
// decision record says of it. `prompt` outlives the awaiting. SCRIPT_BAD_ARGUMENT, EMPTY_PROMPT
// when the filters leave nothing, TOO_LARGE, and the errors of lib.rs.filter_image.
asio::awaitable<Result<void>> apply_draw(script::Session& session, Value left,
                                         dispatch::ResolvedPrompt& prompt);

}  // namespace gvm::llm
