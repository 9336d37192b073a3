#include "provider/exchange.h"

#include <fmt/format.h>

#include <bit>
#include <utility>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "base/log_form.h"
#include "base/null_fields.h"
#include "net/backoff.h"
#include "provider/answer.h"
#include "provider/provider_error.h"
#include "text/json.h"
#include "text/utf8.h"

namespace gvm::provider {
namespace {

constexpr int kFirstSuccess = 200;
constexpr int kFirstRedirect = 300;
constexpr int kFirstErrorStatus = 400;

// What the reading of one answer needs to know of its call.
struct Asked {
  const Target& at;
  const Prompt& prompt;
  std::string url;
  Format format;
  const json_schema::Schema* schema;

  AskedFor what() const { return {format, !prompt.images.empty()}; }
};

std::unexpected<CallFailure> not_sent(Error error, routing::ErrorKind kind) {
  return std::unexpected(CallFailure(std::move(error), kind, CallStage::refused));
}

// A blank opens no breaker, because a prompt can bring it about. A model that gives nothing else is
// told to the operator: each time the number of blanks in a row has doubled.
void count_blanks(CallContext& context, const Target& at, const Exchanged& answer) {
  constexpr std::uint32_t kFirstTold = 16;
  using routing::ErrorKind;
  auto& in_a_row = context.counters->at(at.model->counters).blanks_in_a_row;
  if (answer) return in_a_row.store(0, std::memory_order_relaxed);
  const auto kind = answer.error().kind;
  if (kind != ErrorKind::empty && kind != ErrorKind::no_answer) return;
  const auto blanks = in_a_row.fetch_add(1, std::memory_order_relaxed) + 1;
  if (blanks < kFirstTold || !std::has_single_bit(blanks)) return;
  context.catalog->logger().warn("a model answers with nothing, time after time",
                                 {{"provider", Value::string(at.backend->config->name)},
                                  {"model", Value::string(at.model->config->name)},
                                  {"in_a_row", Value::integer(std::int64_t{blanks})}});
}

void count(CallContext& context, const Target& at, const Exchanged& answer,
           Clock::time_point started) {
  auto& counters = context.counters->at(at.model->counters);
  const auto spent = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - started);
  counters.microseconds.fetch_add(static_cast<std::uint64_t>(spent.count()),
                                  std::memory_order_relaxed);
  auto& outcome = answer                 ? counters.answered
                  : answer.error().usage ? counters.unusable
                                         : counters.failed;
  outcome.fetch_add(1, std::memory_order_relaxed);
  if (answer && answer->cut) counters.cut.fetch_add(1, std::memory_order_relaxed);
  count_blanks(context, at, answer);
}

// Records the provider's own words, and their meaning.
CallFailure told(Error error, ProviderError said, int status, const Asked& asked) {
  if (!said.message.empty()) error.add_cause(std::string(kProviderSays) + said.message);
  CallFailure failure(std::move(error), kind_of(said, status, asked.what()), CallStage::status);
  failure.status = status;
  failure.retry_after = wait_of(said, failure.kind);
  failure.unsupported = unsupported_parameter(said);
  failure.said = std::move(said.message);
  return failure;
}

// A complete answer with an error status.
CallFailure status_failure(const Asked& asked, net::HttpResponse response) {
  const int status = response.status;
  const auto retry_after = net::retry_after(response);
  ProviderError said;
  if (const auto body = text::parse_json(response.body)) {
    said = error_of_body(*body);
  } else {
    said = error_of_text(response.body);
  }
  CallFailure failure =
      told(status_error(asked.url, std::move(response)), std::move(said), status, asked);
  if (retry_after) failure.retry_after = retry_after;
  return failure;
}

// An error body beside a 2xx: it is what its code says.
CallFailure error_beside_success(const Asked& asked, ProviderError said,
                                 net::HttpResponse response) {
  const auto retry_after = net::retry_after(response);
  const int status = said.status;
  Error error(codes::kStatusNotOk, Fatality::fatal,
              status == 0 ? std::string("the provider answered with an error in place of an answer")
                          : fmt::format("the provider answered with an error of status {} in "
                                        "place of an answer",
                                        status));
  add_answer_to(error, asked.url, std::move(response));
  if (status != 0) error.with("status", Value::integer(status));
  CallFailure failure = told(std::move(error), std::move(said), status, asked);
  // A code without a status that blames the request: as with one, nothing is charged.
  constexpr int kBadRequest = 400;
  if (status == 0 && failure.kind != routing::ErrorKind::server_error) failure.status = kBadRequest;
  if (retry_after) failure.retry_after = retry_after;
  return failure;
}

// The call's own form counts before the model's, which says nothing of verdicts.
const json_schema::Schema* schema_of(const ProviderCall& call, const config::ModelConfig& model) {
  if (call.schema) return call.schema.get();
  return call.format == Format::json ? model.form.compiled.get() : nullptr;
}

ReadRules rules_for(const CallContext& context, const Asked& asked, const TokenUsage& usage) {
  const config::ModelConfig& model = *asked.at.model->config;
  ReadRules rules;
  rules.format = asked.format;
  rules.shape = context.json_shape;
  rules.strip_reasoning = model.strip_reasoning;
  rules.cut_text = model.cut_text;
  rules.schema = asked.schema;
  rules.tokens = usage.output;
  if (!rules.tokens && asked.prompt.max_tokens) rules.tokens = *asked.prompt.max_tokens;
  return rules;
}

// Two members of one name are two readings of an answer, wherever they stand in its body.
constexpr text::JsonLimits kOneReading{.duplicates = text::DuplicateKeys::must_agree,
                                       .numbers = text::Numbers::exact};

std::string_view without_mark(std::string_view body) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  return body.substr(body.starts_with(kMark) ? kMark.size() : 0);
}

// The bytes of a character that was cut at the end of a string; 0: it is none, but a wrong byte.
std::size_t cut_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t whole = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  std::size_t size = 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) ++size;
  return size < whole && size < text.size() && text[size] == '"' ? size : 0;
}

bool lacks_only_cut_characters(std::string_view text) {
  for (auto at = text::find_invalid_utf8(text); at != text::kAllValid;
       at = text::find_invalid_utf8(text)) {
    text.remove_prefix(at);
    const std::size_t size = cut_character(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

// Of the body of a success. A byte order mark in front is skipped (RFC 8259, 8.1). What a text
// can make a careless server write is mended: the half of a character that a limit left, as an
// escape or in bytes, becomes U+FFFD, and a raw control character stays; other bytes that are no
// UTF-8 stay a fault. Neither the answer nor its
// usage is lost for it. The value may borrow from `body`.
Result<Value> parse_success(std::string_view body) {
  const std::string_view text = without_mark(body);
  auto parsed = text::parse_json(text, text::JsonStrings::borrow, kOneReading);
  if (parsed || !lacks_only_cut_characters(text)) return parsed;
  const std::string valid = to_valid_utf8(text);
  text::JsonLimits lenient = kOneReading;
  lenient.faults = text::StringFaults::mend;
  auto again = text::parse_json(valid, text::JsonStrings::borrow, lenient);
  if (!again) return parsed;
  return std::move(*again).to_owned();
}

// Owned: the body ends before it.
TokenUsage usage_in(const Value& body, const Asked& asked) {
  TokenUsage usage = asked.at.backend->dialect->usage(body);
  usage.raw_usage = std::move(usage.raw_usage).to_owned();
  drop_null_fields(usage.raw_usage);
  return usage;
}

// A body that is no JSON, or has two readings. A text can bring about the latter, by the names and
// numbers of a tool's input; such a body has a usage all the same.
CallFailure unreadable(CallContext& context, const Asked& asked, const net::HttpResponse& response,
                       Error why) {
  CallFailure failure(body_error(asked.url, response, std::move(why)), routing::ErrorKind::garbled,
                      CallStage::form);
  const std::string valid = to_valid_utf8(without_mark(response.body));
  const auto loose =
      text::parse_json(valid, text::JsonStrings::borrow, {.faults = text::StringFaults::mend});
  if (!loose || loose->as_map() == nullptr) return failure;
  failure.kind = routing::ErrorKind::no_answer;
  failure.usage = usage_in(*loose, asked);
  context.counters->record_usage(asked.at.model->counters, *failure.usage);
  return failure;
}

// The usable part of the answer; its usage counts in any case.
Exchanged read(CallContext& context, const Asked& asked, net::HttpResponse response) {
  const int status = response.status;
  if (status < kFirstSuccess || status >= kFirstRedirect)
    return std::unexpected(status_failure(asked, std::move(response)));
  auto body = parse_success(response.body);
  if (!body && status != kFirstSuccess)
    return std::unexpected(status_failure(asked, std::move(response)));
  if (!body) return std::unexpected(unreadable(context, asked, response, std::move(body).error()));
  const Dialect& dialect = *asked.at.backend->dialect;
  TokenUsage usage = usage_in(*body, asked);
  if (auto said = find_error(*body)) {
    CallFailure failure = error_beside_success(asked, std::move(*said), std::move(response));
    // It broke off an answer, which the provider bills. Otherwise nothing was produced.
    if (usage.output.value_or(0) == 0) return std::unexpected(std::move(failure));
    context.counters->record_usage(asked.at.model->counters, usage);
    failure.usage = std::move(usage);
    return std::unexpected(std::move(failure));
  }
  context.counters->record_usage(asked.at.model->counters, usage);
  auto answer = read_answer(dialect, *body, rules_for(context, asked, usage));
  if (!answer) {
    CallFailure failure = std::move(answer).error();
    failure.error.with("tokens", usage.to_value()).with("url", Value::string(asked.url));
    failure.usage = std::move(usage);
    return std::unexpected(std::move(failure));
  }
  ProviderAnswer out{std::move(answer->data), std::move(usage), answer->cut, Integer(), {}};
  out.status = status;
  return out;
}

Exchanged finish(CallContext& context, const Asked& asked, net::HttpResult response) {
  if (response) {
    Exchanged out = read(context, asked, std::move(*response));
    if (!out) out.error().request_sent = out.error().answer_began = true;
    return out;
  }
  CallFailure failure = failure_of(std::move(response).error());
  // The body of an error is incomplete: its status is still more useful than "ended too early".
  if (failure.status >= kFirstErrorStatus) {
    failure.kind = kind_of(ProviderError(), failure.status, asked.what());
    failure.stage = CallStage::status;
  }
  return std::unexpected(std::move(failure));
}

// Remembers that the model does not take a parameter. False: that was known, so asking again
// without it would be no different.
bool learn(CallContext& context, const Target& at, Parameter parameter) {
  auto& left_out = context.counters->at(at.model->counters).left_out;
  const auto before = left_out.fetch_or(bit_of(parameter), std::memory_order_relaxed);
  if ((before & bit_of(parameter)) != 0) return false;
  context.catalog->logger().warn(
      "the model does not take a parameter, which is left out from now on",
      {{"provider", Value::string(at.backend->config->name)},
       {"model", Value::string(at.model->config->name)},
       {"parameter", Value::string(std::string(parameter_name(parameter)))},
       {"set", Value::string(yaml_for(parameter))}});
  return true;
}

}  // namespace

Value ProviderAnswer::to_value() && {
  Value value = Value::fields("data", std::move(data), "consumed_gen",
                              Value::integer(std::move(consumed_gen)), "tokens", usage.to_value());
  if (!record.empty()) value.as_map()->set("record", Value::string(std::move(record)));
  if (cut) value.as_map()->set("cut", Value::boolean(true));
  return value;
}

asio::awaitable<Exchanged> exchange(CallContext context, Target target, ProviderCall call,
                                    Deadline deadline) {
  const config::ModelConfig& model = *target.model->config;
  if (!call.prompt.images.empty() && !model.supports_image)
    co_return not_sent(Error(codes::kMissingCapability, Fatality::fatal,
                             "the model takes no images (supports_image is false)"),
                       routing::ErrorKind::capability_image);
  apply_rules(call.prompt, model);
  const auto& left_out = context.counters->at(target.model->counters).left_out;
  const Asked asked{target, call.prompt, url_of(target), call.format, schema_of(call, model)};
  for (;;) {
    leave_out(call.prompt, left_out.load(std::memory_order_relaxed));
    auto request = build_request(target, call.prompt, call.format);
    if (!request) co_return not_sent(std::move(request).error(), routing::ErrorKind::bad_request);
    const auto started = Clock::now();
    net::HttpRequest sent = std::move(*request);
    if (!call.traceparent.empty()) sent.headers.push_back({"traceparent", call.traceparent});
    auto response = co_await context.http->send(std::move(sent), deadline);
    Exchanged out = finish(context, asked, std::move(response));
    count(context, target, out, started);
    // A refusal for a parameter costs nothing, so the call is made again at once without it.
    const bool again =
        !out && out.error().unsupported && learn(context, target, *out.error().unsupported);
    if (!again) co_return out;
  }
}

}  // namespace gvm::provider
