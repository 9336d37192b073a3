#pragma once
// One prompt to one model of one backend: sampling rules, request, retries, usage, repair. Runs on
// a lane.
#include <boost/asio/awaitable.hpp>

#include "base/deadline.h"
#include "llm/catalog.h"
#include "llm/counters.h"
#include "llm/prompt.h"

namespace gvm::llm {

namespace asio = boost::asio;

struct ProviderAnswer {
  Value data;  // string for text, bool for bool, map or JSON text for json
  TokenUsage usage;

  // {data, consumed_gen = 0, tokens}, as exec_prompt_in_provider answers.
  Value to_value() &&;
};

// What a JSON answer is for the script: the second generation of GenVM passes JSON text through
// (wire.md, "Replies").
enum class JsonShape { map, text };

struct CallContext {
  net::HttpClient* http;
  const Catalog* catalog;
  Counters* counters;
  JsonShape json_shape = JsonShape::map;
};

// Errors, all with ctx.provider and ctx.model: UNKNOWN_PROVIDER, MISSING_CAPABILITY,
// SCRIPT_BAD_ARGUMENT (extra), STATUS_NOT_OK (ctx url, status, headers, body: bounded and
// redacted), SENDING_REQUEST, READING_BODY, DEADLINE_EXCEEDED, DESERIALIZING, ANSWER_NOT_USABLE
// (ctx.tokens: it was paid all the same). The call's views must outlive the awaiting.
asio::awaitable<Result<ProviderAnswer>> call_provider(CallContext context, ProviderCall call,
                                                      Deadline deadline);

// Exposed for tests: the model's rules applied to what the script asked for.
void apply_rules(Prompt& prompt, const config::ModelConfig& model);
// Largest answer body to read: 16 MiB and 16 bytes per requested token, at most 32 MiB
// (providers.md).
std::size_t response_limit(const Prompt& prompt);

}  // namespace gvm::llm
