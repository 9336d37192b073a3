#pragma once
// Requests and answers in the forms of the four providers, from the provider's side.
#include <string>

#include "apps/front/mock_backends.h"
#include "base/value.h"
#include "config/llm_config.h"

namespace gvm::apps {

// The parts of a request by their common names: model, prompt, system, temperature, top_p, seed,
// max_tokens, images (their number), json (the whole body). What was not sent is absent.
Value request_parts(config::Provider provider, const std::string& path, const Value& body);

// The body of the answer to `request`.
std::string answer_body(config::Provider provider, const Value& request,
                        const PlannedAnswer& answer);

}  // namespace gvm::apps
