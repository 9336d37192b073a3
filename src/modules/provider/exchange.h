#pragma once
// One HTTP exchange with one model: sampling rules, request, answer, usage, repair. On a lane.
#include <boost/asio/awaitable.hpp>
#include <expected>
#include <string>

#include "base/deadline.h"
#include "net/http_client.h"
#include "provider/call_failure.h"
#include "provider/call_request.h"
#include "provider/catalog.h"
#include "provider/counters.h"
#include "provider/prompt.h"

namespace gvm::provider {

namespace asio = boost::asio;

// What a JSON answer is for the script: the second generation of GenVM passes JSON text through
// (wire.md, "Replies").
enum class JsonShape { map, text };

struct CallContext {
  net::HttpClient* http = nullptr;
  const Catalog* catalog = nullptr;
  Counters* counters = nullptr;
  JsonShape json_shape = JsonShape::map;
};

struct ProviderAnswer {
  Value data;  // string for text, bool for bool, map or JSON text for json
  TokenUsage usage;
  bool cut = false;      // a limit ended the text
  Integer consumed_gen;  // what the host is charged for it
  std::string record;    // its decision record; empty: none was written
  int status = 0;        // of the HTTP answer
  // `data` as text before guards put values in the place of their masks; empty: no guard looked.
  std::optional<std::string> judged = {};

  // {data, consumed_gen, tokens, record, cut}, as exec_prompt_in_provider answers; without `cut`
  // when it is whole.
  Value to_value() &&;
};

using Exchanged = std::expected<ProviderAnswer, CallFailure>;

// Errors of the answer: MISSING_CAPABILITY, SCRIPT_BAD_ARGUMENT (extra), STATUS_NOT_OK (ctx url,
// status, headers, body: bounded), SENDING_REQUEST, READING_BODY, DEADLINE_EXCEEDED, CANCELLED,
// DESERIALIZING, ANSWER_NOT_USABLE (ctx.tokens). Neither error nor CallFailure::said is redacted.
// The call's views must outlive the awaiting.
asio::awaitable<Exchanged> exchange(CallContext context, Target target, ProviderCall call,
                                    Deadline deadline);

}  // namespace gvm::provider
