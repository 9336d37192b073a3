#pragma once
// From an upstream's response to the script's data, or to an error that says what was wrong with
// it. Pure.
#include <string>

#include "net/http_client.h"
#include "provider/call_failure.h"
#include "provider/dialect.h"
#include "provider/exchange.h"

namespace gvm::provider {

// Text as it is; JSON repaired to an object; bool from an object's `result`. Owned.
// DESERIALIZING and ANSWER_NOT_USABLE say why not.
struct ReadAnswer {
  Value data;
  bool cut = false;  // the token limit ended it
};
std::expected<ReadAnswer, CallFailure> read_answer(const Dialect& dialect, const Value& body,
                                                   Format format, JsonShape shape);

// STATUS_NOT_OK with url, status, headers and the body: parsed when it is JSON, at most
// kErrorBodyBytes of it.
inline constexpr std::size_t kErrorBodyBytes = 4096;
Error status_error(const std::string& url, net::HttpResponse response);
// DESERIALIZING for a body that is no JSON, with the beginning of it.
Error body_error(const std::string& url, const net::HttpResponse& response, Error cause);

}  // namespace gvm::provider
