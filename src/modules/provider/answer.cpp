#include "provider/answer.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "base/error_detail.h"
#include "base/json.h"
#include "provider/whole_words.h"
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
  return Value::string(to_valid_utf8(whole_words(body, kErrorBodyBytes)));
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\v\f") == text.npos;
}

void show_beginning(Error& error, const Answer& answer) {
  error.with("answer_begins",
             Value::string(to_valid_utf8(whole_words(answer.text, kErrorBodyBytes))));
}

// White space, or thoughts without an answer behind them.
std::unexpected<CallFailure> no_words(Error error, const Answer& answer) {
  using routing::ErrorKind;
  const bool empty = is_blank(answer.text);
  if (empty) error.with("kind", Value::string("empty"));
  show_beginning(error, answer);
  return std::unexpected(CallFailure(
      std::move(error), empty ? ErrorKind::empty : ErrorKind::no_answer, CallStage::meaning));
}

// Words, but not what was asked for.
std::unexpected<CallFailure> unusable(Error error, const Answer& answer,
                                      Correction (*tell)(std::string_view,
                                                         std::string_view) = correction_of) {
  if (is_blank(answer.text)) return no_words(std::move(error), answer);
  Correction correction = tell(answer.text, detail_of(error));
  show_beginning(error, answer);
  CallFailure failure(std::move(error), routing::ErrorKind::unusable, CallStage::meaning);
  failure.correction = std::move(correction);
  return std::unexpected(std::move(failure));
}

std::unexpected<CallFailure> cut_off(const Answer& answer, const ReadRules& rules) {
  Error error(codes::kAnswerNotUsable, Fatality::fatal,
              rules.tokens ? fmt::format("the answer was cut at {} tokens", *rules.tokens)
                           : std::string("the answer was cut by a limit"));
  if (is_blank(answer.text))
    error.add_cause("nothing had been said: a reasoning model may have used up the limit");
  error.with("kind", Value::string("cut"));
  show_beginning(error, answer);
  const auto kind = answer.by_limit ? routing::ErrorKind::token_limit : routing::ErrorKind::cut;
  return std::unexpected(CallFailure(std::move(error), kind, CallStage::meaning));
}

// `json` is what the answer says.
std::optional<Error> objection_of_schema(const json_schema::Schema* schema, std::string_view json) {
  auto violation = schema == nullptr ? std::nullopt : schema->violation(json);
  if (!violation) return std::nullopt;
  return Error(codes::kAnswerNotUsable, Fatality::fatal,
               fmt::format("the answer is not of the form that was asked for, {}", *violation));
}

std::expected<ReadAnswer, CallFailure> read_judgement(const Answer& answer,
                                                      const ReadRules& rules) {
  auto judged = text::read_verdict(answer.text, answer.end);
  if (!judged) return unusable(std::move(judged).error(), answer);
  if (rules.schema != nullptr)
    if (auto objection = objection_of_schema(rules.schema, json::write(judged->whole)))
      return unusable(std::move(*objection), answer);
  return ReadAnswer{Value::boolean(judged->result)};
}

std::expected<ReadAnswer, CallFailure> read_json(const Answer& answer, const ReadRules& rules) {
  auto repaired = text::repair_answer(answer.text, {.end = answer.end});
  if (!repaired) return unusable(std::move(repaired).error(), answer);
  if (auto objection = objection_of_schema(rules.schema, repaired->text))
    return unusable(std::move(*objection), answer);
  if (rules.shape == JsonShape::text) return ReadAnswer{Value::string(std::move(repaired->text))};
  return ReadAnswer{std::move(repaired->value)};
}

std::expected<ReadAnswer, CallFailure> read_text(Answer answer, const ReadRules& rules) {
  if (rules.strip_reasoning) {
    auto stripped = text::strip_reasoning(answer.text);
    if (!stripped && answer.cut) return cut_off({.text = "", .cut = true}, rules);
    if (!stripped && text::split_reasoning(answer.text).unfinished)
      return no_words(std::move(stripped).error(), answer);
    if (!stripped) return unusable(std::move(stripped).error(), answer, text_correction_of);
    answer.text = std::move(*stripped);
  }
  if (answer.cut && (is_blank(answer.text) || rules.cut_text == config::CutText::fail))
    return cut_off(answer, rules);
  if (is_blank(answer.text))
    return no_words(
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
  return rules.format == Format::boolean ? read_judgement(*answer, rules)
                                         : read_json(*answer, rules);
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
