#include "provider/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error_codes.h"
#include "base/json.h"
#include "base/null_fields.h"
#include "net/backoff.h"
#include "provider/answer.h"
#include "provider/failure_kind.h"
#include "text/json.h"

namespace gvm::provider {
namespace {

// The operator's default and range for one parameter, or nothing for a model that does not take it.
template <class T, class Setting>
void apply_rule(std::optional<T>& value, const Setting& rule) {
  if (!rule.send) return value.reset();
  if (!value && rule.preset) value = static_cast<T>(*rule.preset);
  if (value) value = std::clamp(*value, static_cast<T>(rule.min), static_cast<T>(rule.max));
}

void apply_stop(std::vector<std::string>& stop, const config::StopSetting& rule) {
  if (!rule.send) return stop.clear();
  if (stop.empty()) stop = rule.preset;
  if (stop.size() > rule.max_count) stop.resize(rule.max_count);
}

net::HttpTimeouts timeouts_for(const config::ModelConfig& model, const Prompt& prompt) {
  net::HttpTimeouts timeouts;
  timeouts.connect = model.timeouts.connect;
  timeouts.first_byte = model.timeouts.first_byte;
  timeouts.idle = model.timeouts.idle;
  // The script's word counts before the configuration's.
  timeouts.total = prompt.timeout.value_or(model.timeouts.total);
  return timeouts;
}

Result<net::HttpRequest> build_request(const Target& at, Prompt& prompt, Format format) {
  const BackendEntry& backend = *at.backend;
  const config::ModelConfig& model = *at.model->config;
  const CallTarget target{model.upstream_name(), backend.config->api_version, model.supports_json};
  Value body = backend.dialect->body(prompt, target, format);
  if (const auto* extra = prompt.extra.as_map(); extra && !extra->empty()) {
    auto merged = merge_extra(body, std::move(prompt.extra), prompt.extra_merge_strategy);
    if (!merged) return fail(std::move(merged).error());
  }
  net::HttpRequest request;
  request.method = "POST";
  request.url = backend.endpoints[at.endpoint] + backend.dialect->path(target);
  request.headers.push_back({"content-type", "application/json"});
  if (auto version = backend.dialect->version_header(target); !version.name.empty()) {
    request.headers.push_back({std::string(version.name), std::string(version.value)});
  }
  request.secret_headers = backend.headers[at.key];
  json::write_to(request.body, body);
  request.has_body = true;
  // Sent again unasked, a prompt would be billed twice and counted once.
  request.resend = net::Resend::safe_method;
  request.timeouts = timeouts_for(model, prompt);
  request.max_body = response_limit(prompt);
  return request;
}

std::unexpected<CallFailure> not_sent(Error error, routing::ErrorKind kind) {
  return std::unexpected(CallFailure(std::move(error), kind, CallStage::refused));
}

void count(CallContext& context, std::size_t row, const Exchanged& answer,
           Clock::time_point started) {
  auto& counters = context.counters->at(row);
  const auto spent = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - started);
  counters.microseconds.fetch_add(static_cast<std::uint64_t>(spent.count()),
                                  std::memory_order_relaxed);
  auto& outcome = answer                 ? counters.answered
                  : answer.error().usage ? counters.unusable
                                         : counters.failed;
  outcome.fetch_add(1, std::memory_order_relaxed);
}

// A complete answer with an error status.
CallFailure status_failure(const std::string& url, Format format, bool has_images,
                           net::HttpResponse response) {
  const int status = response.status;
  const auto retry_after = net::retry_after(response);
  Error error = status_error(url, std::move(response));
  const auto kind = kind_of_status(status, error, format, has_images);
  CallFailure failure(std::move(error), kind, CallStage::status);
  failure.status = status;
  failure.retry_after = retry_after;
  return failure;
}

// What of the answer is of use; its usage counts either way.
Exchanged read(CallContext& context, const Target& at, const std::string& url, Format format,
               bool has_images, net::HttpResponse response) {
  if (response.status != 200)
    return std::unexpected(status_failure(url, format, has_images, std::move(response)));
  auto body = text::parse_json(response.body, text::JsonStrings::borrow);
  if (!body)
    return std::unexpected(CallFailure(body_error(url, response, std::move(body).error()),
                                       routing::ErrorKind::garbled, CallStage::form));
  const Dialect& dialect = *at.backend->dialect;
  TokenUsage usage = dialect.usage(*body);
  context.counters->record_usage(at.model->counters, usage);
  // The usage's raw part borrows from the response body, which ends here.
  usage.raw_usage = std::move(usage.raw_usage).to_owned();
  drop_null_fields(usage.raw_usage);
  auto answer = read_answer(dialect, *body, format, context.json_shape);
  if (!answer) {
    CallFailure failure = std::move(answer).error();
    failure.error.with("tokens", usage.to_value()).with("url", Value::string(url));
    failure.usage = std::move(usage);
    return std::unexpected(std::move(failure));
  }
  return ProviderAnswer{std::move(answer->data), std::move(usage), answer->cut, Integer(), {}};
}

Exchanged finish(CallContext& context, const Target& at, const std::string& url, Format format,
                 bool has_images, net::HttpResult response) {
  constexpr int kFirstErrorStatus = 400;
  if (!response) {
    CallFailure failure = failure_of(std::move(response).error());
    // The body of an error got lost: its status still tells more than "ended too early".
    if (failure.status >= kFirstErrorStatus) {
      failure.kind = kind_of_status(failure.status, failure, format, has_images);
      failure.stage = CallStage::status;
    }
    return std::unexpected(std::move(failure));
  }
  Exchanged out = read(context, at, url, format, has_images, std::move(*response));
  if (!out) out.error().request_sent = out.error().answer_began = true;
  return out;
}

}  // namespace

Value ProviderAnswer::to_value() && {
  Value value = Value::fields("data", std::move(data), "consumed_gen",
                              Value::integer(std::move(consumed_gen)), "tokens", usage.to_value());
  if (!record.empty()) value.as_map()->set("record", Value::string(std::move(record)));
  return value;
}

void apply_rules(Prompt& prompt, const config::ModelConfig& model) {
  auto& sampling = prompt.sampling;
  const auto& rules = model.sampling;
  apply_rule(sampling.temperature, rules.temperature);
  apply_rule(sampling.top_p, rules.top_p);
  apply_rule(sampling.top_k, rules.top_k);
  apply_rule(sampling.presence_penalty, rules.presence_penalty);
  apply_rule(sampling.frequency_penalty, rules.frequency_penalty);
  apply_rule(sampling.seed, rules.seed);
  apply_stop(sampling.stop, rules.stop);
  const auto narrow = [](std::uint64_t tokens) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(tokens, UINT32_MAX));
  };
  if (!prompt.max_tokens && model.max_tokens.preset)
    prompt.max_tokens = narrow(*model.max_tokens.preset);
  for (const auto& ceiling : {model.max_tokens.ceiling, model.context_length}) {
    if (prompt.max_tokens && ceiling)
      prompt.max_tokens = std::min(*prompt.max_tokens, narrow(*ceiling));
  }
  prompt.use_max_completion_tokens |= model.use_max_completion_tokens;
}

std::size_t response_limit(const Prompt& prompt) {
  constexpr std::size_t kBase = 16 * kMiB;
  constexpr std::size_t kPerToken = 16;
  constexpr std::size_t kMost = 32 * kMiB;
  return std::min(kMost, kBase + kPerToken * prompt.max_tokens.value_or(0));
}

asio::awaitable<Exchanged> exchange(CallContext context, Target target, ProviderCall call,
                                    Deadline deadline) {
  const config::ModelConfig& model = *target.model->config;
  const bool has_images = !call.prompt.images.empty();
  if (has_images && !model.supports_image)
    co_return not_sent(Error(codes::kMissingCapability, Fatality::fatal,
                             "the model takes no images (supports_image is false)"),
                       routing::ErrorKind::capability_image);
  apply_rules(call.prompt, model);
  auto request = build_request(target, call.prompt, call.format);
  if (!request) co_return not_sent(std::move(request).error(), routing::ErrorKind::bad_request);
  const std::string url = request->url;
  const auto started = Clock::now();
  net::HttpRequest sent = std::move(*request);
  auto response = co_await context.http->send(std::move(sent), deadline);
  Exchanged out = finish(context, target, url, call.format, has_images, std::move(response));
  count(context, target.model->counters, out, started);
  co_return out;
}

}  // namespace gvm::provider
