#include "provider/answer.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "text/codes.h"
#include "text/json.h"
#include "text/json_repair.h"
#include "text/reasoning.h"
#include "text/verdict.h"

namespace gvm::provider {
namespace {

Value headers_value(const std::vector<net::HttpHeader>& headers) {
  Value::Map map;
  for (const auto& header : headers) map.set(header.name, Value::bytes(header.value));
  return Value::map(std::move(map));
}

Value bounded_body(const std::string& body) {
  if (body.size() <= kErrorBodyBytes) {
    if (auto parsed = text::parse_json(body)) return std::move(*parsed);
  }
  return Value::string(to_valid_utf8(std::string_view(body).substr(0, kErrorBodyBytes)));
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\v\f") == text.npos;
}

std::unexpected<CallFailure> unusable(Error error, const Answer& answer) {
  using routing::ErrorKind;
  const bool empty = is_blank(answer.text);
  if (empty) error.with("kind", Value::string("empty"));
  error.with("answer_begins", Value::string(to_valid_utf8(answer.text.substr(0, kErrorBodyBytes))));
  return std::unexpected(CallFailure(
      std::move(error), empty ? ErrorKind::empty : ErrorKind::garbled, CallStage::meaning));
}

std::unexpected<CallFailure> cut_off(const Answer& answer, const ReadRules& rules) {
  Error error(codes::kAnswerNotUsable, Fatality::fatal,
              rules.tokens ? fmt::format("the answer was cut at {} tokens", *rules.tokens)
                           : std::string("the answer was cut by a limit"));
  if (is_blank(answer.text))
    error.add_cause("nothing had been said: a reasoning model may have used up the limit");
  error.with("kind", Value::string("cut"));
  error.with("answer_begins", Value::string(to_valid_utf8(answer.text.substr(0, kErrorBodyBytes))));
  return std::unexpected(
      CallFailure(std::move(error), routing::ErrorKind::cut, CallStage::meaning));
}

std::expected<ReadAnswer, CallFailure> read_text(Answer answer, const ReadRules& rules) {
  if (rules.strip_reasoning) {
    auto stripped = text::strip_reasoning(answer.text);
    if (!stripped && answer.cut) return cut_off({.text = "", .cut = true}, rules);
    if (!stripped) return unusable(std::move(stripped).error(), answer);
    // The view is a part of the text that is replaced.
    if (stripped->size() != answer.text.size()) answer.text = std::string(*stripped);
  }
  if (answer.cut && (is_blank(answer.text) || rules.cut_text == config::CutText::fail))
    return cut_off(answer, rules);
  if (is_blank(answer.text))
    return unusable(
        Error(codes::kAnswerNotUsable, Fatality::fatal, "the model answered with nothing"), answer);
  return ReadAnswer{Value::string(std::move(answer.text)), answer.cut};
}

}  // namespace

std::expected<ReadAnswer, CallFailure> read_answer(const Dialect& dialect, const Value& body,
                                                   const ReadRules& rules) {
  auto answer = dialect.read(body, rules.format);
  if (!answer) return std::unexpected(std::move(answer).error());
  if (rules.format == Format::text) return read_text(std::move(*answer), rules);
  if (answer->cut) return cut_off(*answer, rules);
  if (rules.format == Format::boolean) {
    auto judged = text::read_verdict(answer->text, text::AnswerEnd::stopped);
    if (!judged) return unusable(std::move(judged).error(), *answer);
    return ReadAnswer{Value::boolean(judged->result)};
  }
  auto repaired = text::repair_answer(answer->text, {.end = text::AnswerEnd::stopped});
  if (!repaired) return unusable(std::move(repaired).error(), *answer);
  if (rules.shape == JsonShape::text) return ReadAnswer{Value::string(std::move(repaired->text))};
  return ReadAnswer{std::move(repaired->value)};
}

Error status_error(const std::string& url, net::HttpResponse response) {
  Error error(codes::kStatusNotOk, Fatality::fatal,
              fmt::format("the provider answered with status {}", response.status));
  add_answer_to(error, url, std::move(response));
  return error;
}

void add_answer_to(Error& error, const std::string& url, net::HttpResponse response) {
  error.with("url", Value::string(url))
      .with("status", Value::integer(response.status))
      .with("headers", headers_value(response.headers))
      .with("body", bounded_body(response.body));
}

Error body_error(const std::string& url, const net::HttpResponse& response, Error cause) {
  Error error(codes::kDeserializing, Fatality::fatal, "the provider's answer is no JSON");
  error.add_cause(cause.to_string());
  error.with("url", Value::string(url))
      .with("status", Value::integer(response.status))
      .with("body", bounded_body(response.body));
  return error;
}

}  // namespace gvm::provider
