#include "provider/answer.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "text/json.h"
#include "text/json_repair.h"
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

Error unusable(Error error, const Answer& answer) {
  if (answer.text.empty()) error.with("kind", Value::string("empty"));
  error.with("answer_begins", Value::string(to_valid_utf8(answer.text.substr(0, kErrorBodyBytes))));
  if (answer.cut) error.add_cause("the token limit cut the answer");
  return error;
}

}  // namespace

Result<ReadAnswer> read_answer(const Dialect& dialect, const Value& body, Format format,
                               JsonShape shape) {
  auto answer = dialect.read(body, format);
  if (!answer) return fail(std::move(answer).error());
  const bool cut = answer->cut;
  if (format == Format::text) return ReadAnswer{Value::string(std::move(answer->text)), cut};
  const auto end = cut ? text::AnswerEnd::cut : text::AnswerEnd::stopped;
  if (format == Format::boolean) {
    auto judged = text::read_verdict(answer->text, end);
    if (!judged) return fail(unusable(std::move(judged).error(), *answer));
    return ReadAnswer{Value::boolean(judged->result), cut};
  }
  auto repaired = text::repair_answer(answer->text, {.end = end});
  if (!repaired) return fail(unusable(std::move(repaired).error(), *answer));
  if (shape == JsonShape::text) return ReadAnswer{Value::string(std::move(repaired->text)), cut};
  return ReadAnswer{std::move(repaired->value), cut};
}

Error status_error(const std::string& url, net::HttpResponse response) {
  Error error(codes::kStatusNotOk, Fatality::fatal,
              fmt::format("the provider answered with status {}", response.status));
  error.with("url", Value::string(url))
      .with("status", Value::integer(response.status))
      .with("headers", headers_value(response.headers))
      .with("body", bounded_body(response.body));
  return error;
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
