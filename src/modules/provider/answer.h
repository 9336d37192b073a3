#pragma once
// Converts an upstream's response to the script's data, or to an error that says what is wrong with
// it. Pure.
#include <string>

#include "net/http_response.h"
#include "provider/call_failure.h"
#include "provider/dialect.h"
#include "provider/exchange.h"

namespace gvm::provider {

struct ReadAnswer {
  Value data;
  bool cut = false;  // a limit ended the text
};
struct ReadRules {
  Format format = Format::text;
  JsonShape shape = JsonShape::map;
  bool strip_reasoning = true;
  config::CutText cut_text = config::CutText::deliver;
  const json_schema::Schema* schema = nullptr;  // of JSON and verdicts; null: any form
  // Of the answer, for the error of one that was cut; empty: unknown.
  std::optional<std::uint64_t> tokens = {};
};
// Text without its reasoning; JSON repaired to an object; bool from an object's `result`. Owned.
// DESERIALIZING and ANSWER_NOT_USABLE say why not: a cut answer is delivered as a text only.
std::expected<ReadAnswer, CallFailure> read_answer(const Dialect& dialect, const Value& body,
                                                   const ReadRules& rules);

// STATUS_NOT_OK with url, status, headers and the body: parsed when it is JSON, at most
// kErrorBodyBytes of it.
inline constexpr std::size_t kErrorBodyBytes = 4096;
Error status_error(const std::string& url, net::HttpResponse response);
// Sets these fields of an error's ctx.
void add_answer_to(Error& error, const std::string& url, net::HttpResponse response);
// DESERIALIZING for a body that is no JSON, with the beginning of it.
Error body_error(const std::string& url, const net::HttpResponse& response, Error cause);

}  // namespace gvm::provider
