#include "provider/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error_codes.h"
#include "base/json.h"
#include "base/null_fields.h"
#include "net/backoff.h"
#include "provider/answer.h"
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

Result<void> check_capabilities(const config::ModelConfig& model, const Prompt& prompt) {
  if (prompt.images.empty() || model.supports_image) return {};
  return fail(codes::kMissingCapability, Fatality::fatal,
              "the model takes no images (supports_image is false)");
}

void count(CallContext& context, std::size_t row, const Result<ProviderAnswer>& answer,
           Clock::time_point started) {
  auto& counters = context.counters->at(row);
  const auto spent = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - started);
  counters.microseconds.fetch_add(static_cast<std::uint64_t>(spent.count()),
                                  std::memory_order_relaxed);
  auto& outcome = answer                                ? counters.answered
                  : answer.error().ctx().find("tokens") ? counters.unusable
                                                        : counters.failed;
  outcome.fetch_add(1, std::memory_order_relaxed);
}

// What of the answer is of use; its usage counts either way.
Result<ProviderAnswer> read(CallContext& context, const Target& at, const std::string& url,
                            Format format, net::HttpResponse response,
                            std::optional<TokenUsage>& paid) {
  if (response.status != 200) return fail(status_error(url, std::move(response)));
  auto body = text::parse_json(response.body, text::JsonStrings::borrow);
  if (!body) return fail(body_error(url, response, std::move(body).error()));
  const Dialect& dialect = *at.backend->dialect;
  TokenUsage usage = dialect.usage(*body);
  context.counters->record_usage(at.model->counters, usage);
  // The usage's raw part borrows from the response body, which ends here.
  usage.raw_usage = std::move(usage.raw_usage).to_owned();
  drop_null_fields(usage.raw_usage);
  auto answer = read_answer(dialect, *body, format, context.json_shape);
  if (!answer) {
    Error error = std::move(answer).error();
    error.with("tokens", usage.to_value()).with("url", Value::string(url));
    paid = std::move(usage);
    return fail(std::move(error));
  }
  return ProviderAnswer{std::move(answer->data), std::move(usage), answer->cut, Integer(), {}};
}

void finish(CallContext& context, const Target& at, const std::string& url, Format format,
            Result<net::HttpResponse> response, Attempted& out) {
  if (!response) {
    out.sent = net::progress_of(response.error()).request_sent;
    out.answer = fail(std::move(response).error());
    return;
  }
  out.sent = true;
  if (response->status != 200) out.retry_after = net::retry_after(*response);
  out.answer = read(context, at, url, format, std::move(*response), out.usage);
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

asio::awaitable<Attempted> attempt(CallContext context, Target target, ProviderCall call,
                                   Deadline deadline) {
  Attempted out;
  const config::ModelConfig& model = *target.model->config;
  if (auto capable = check_capabilities(model, call.prompt); !capable) {
    out.answer = fail(std::move(capable).error());
    co_return out;
  }
  apply_rules(call.prompt, model);
  auto request = build_request(target, call.prompt, call.format);
  if (!request) {
    out.answer = fail(std::move(request).error());
    co_return out;
  }
  const std::string url = request->url;
  const auto started = Clock::now();
  net::HttpRequest sent = std::move(*request);
  auto response = co_await context.http->send(std::move(sent), deadline);
  finish(context, target, url, call.format, std::move(response), out);
  count(context, target.model->counters, out.answer, started);
  co_return out;
}

}  // namespace gvm::provider
