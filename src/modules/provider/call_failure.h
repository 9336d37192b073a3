#pragma once
// Why a call to a model gave no answer, as fields for routing, billing, the log and the decision
// record. Made by exchange(); these facts are never read from the strings of ctx.
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/typed_failure.h"
#include "net/http_failure.h"
#include "provider/parameter.h"
#include "provider/prompt.h"
#include "provider/token_usage.h"
#include "routing/error_kind.h"

namespace gvm::provider {

// How far the call had come.
enum class CallStage : std::uint8_t {
  refused,     // nothing was sent: the model cannot do it, or the request cannot be made
  connecting,  // name, TCP, proxy and TLS
  sending,     // of the request
  waiting,     // for the first byte of the answer
  reading,     // of the answer
  status,      // complete, and an error: by its status, or by an error body beside a 2xx
  form,        // complete, but not of the provider's promised form
  meaning,     // of the promised form, but no answer: refused, cut, empty, no JSON
};
std::string_view stage_name(CallStage stage);

struct CallFailure : TypedFailure {
  CallFailure(Error e, routing::ErrorKind k, CallStage s)
      : TypedFailure(std::move(e)), kind(k), stage(s) {}

  routing::ErrorKind kind;
  CallStage stage;
  int status = 0;             // of the answer, or of the error inside it; 0: none came
  bool request_sent = false;  // some of the request may have reached the provider
  bool answer_began = false;  // a byte of the answer came
  std::optional<net::TimeoutKind> timeout;
  std::optional<std::chrono::milliseconds> retry_after;  // what the provider asks for
  // A pooled connection took the request and closed without a byte of answer: nothing is wrong with
  // the provider, and nothing was produced.
  bool reused_connection_closed = false;
  // A parameter of the request that the model does not take.
  std::optional<Parameter> unsupported;
  // Of an answer that is no use: it was produced, so it is paid.
  std::optional<TokenUsage> usage;
  // Of an answer that is no JSON or no verdict: the model's words, and a sentence of what is wrong
  // with them that can be sent back to it.
  std::optional<Correction> correction;
  // The provider's own words: the message of its error, its refusal or its end reason. Bounded,
  // valid UTF-8, not redacted.
  std::string said;
};

// Of a transport failure. `said` is empty.
CallFailure failure_of(net::HttpFailure failure);

}  // namespace gvm::provider
