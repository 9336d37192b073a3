#include "llm/provider_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cmath>
#include <utility>

#include "base/error_codes.h"
#include "base/json.h"
#include "host/null_fields.h"
#include "llm/answer.h"
#include "llm/retry.h"
#include "text/json.h"

namespace gvm::llm {
namespace {

using std::chrono::milliseconds;

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

Result<net::HttpRequest> build_request(const BackendEntry& backend,
                                       const config::ModelConfig& model, Prompt& prompt,
                                       Format format) {
  const CallTarget target{model.upstream_name(), backend.config->api_version, model.supports_json};
  Value body = backend.dialect->body(prompt, target, format);
  if (const auto* extra = prompt.extra.as_map(); extra && !extra->empty()) {
    auto merged = merge_extra(body, std::move(prompt.extra), prompt.extra_merge_strategy);
    if (!merged) return fail(std::move(merged).error());
  }
  net::HttpRequest request;
  request.method = "POST";
  request.url = backend.config->host + backend.dialect->path(target);
  request.headers.push_back({"content-type", "application/json"});
  if (auto version = backend.dialect->version_header(target); !version.name.empty()) {
    request.headers.push_back({std::string(version.name), std::string(version.value)});
  }
  request.secret_headers = backend.headers;
  json::write_to(request.body, body);
  request.has_body = true;
  request.timeouts = timeouts_for(model, prompt);
  request.max_body = response_limit(prompt);
  return request;
}

Result<void> check_capabilities(const config::ModelConfig& model, const Prompt& prompt) {
  if (prompt.images.empty() || model.supports_image) return {};
  return fail(codes::kMissingCapability, Fatality::fatal,
              "the model takes no images (supports_image is false)");
}

// Awaits one exchange after another until one is final. A retry waits what the upstream asks for,
// or backs off.
asio::awaitable<Result<net::HttpResponse>> send_with_retries(CallContext context,
                                                             const config::RetryConfig& retry,
                                                             std::size_t counters,
                                                             net::HttpRequest request,
                                                             Deadline deadline) {
  const auto attempts = static_cast<unsigned>(std::max(1, retry.attempts));
  for (unsigned attempt = 1; attempt < attempts; ++attempt) {
    net::HttpRequest copy = request;
    auto response = co_await context.http->send(std::move(copy), deadline);
    if (!is_worth_retrying(response, retry)) co_return response;
    const milliseconds wait = retry_delay(response, retry, attempt);
    // Waiting past the deadline helps nobody: the script may still go elsewhere.
    if (deadline.remaining() <= wait) co_return response;
    context.counters->at(counters).retries.fetch_add(1, std::memory_order_relaxed);
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, wait);
    co_await timer.async_wait(asio::use_awaitable);
  }
  auto response = co_await context.http->send(std::move(request), deadline);
  co_return response;
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

Result<ProviderAnswer> finish(CallContext& context, const BackendEntry& backend,
                              const ModelEntry& model, const std::string& url, Format format,
                              Result<net::HttpResponse> response) {
  if (!response) return fail(std::move(response).error());
  if (response->status != 200) return fail(status_error(url, std::move(*response)));
  auto body = text::parse_json(response->body, text::JsonStrings::borrow);
  if (!body) return fail(body_error(url, *response, std::move(body).error()));
  const Dialect& dialect = *backend.dialect;
  TokenUsage usage = dialect.usage(*body);
  context.counters->record_usage(model.counters, usage);
  auto data = read_answer(dialect, *body, format, context.json_shape);
  if (!data) {
    return fail(
        std::move(data).error().with("tokens", usage.to_value()).with("url", Value::string(url)));
  }
  // The usage's raw part borrows from the response body, which ends here.
  usage.raw_usage = std::move(usage.raw_usage).to_owned();
  host::drop_null_fields(usage.raw_usage);
  return ProviderAnswer{std::move(*data), std::move(usage)};
}

asio::awaitable<Result<ProviderAnswer>> call_found(CallContext context, Catalog::Found found,
                                                   ProviderCall call, Deadline deadline) {
  const auto& [backend, model] = found;
  if (auto capable = check_capabilities(*model->config, call.prompt); !capable) {
    co_return fail(std::move(capable).error());
  }
  apply_rules(call.prompt, *model->config);
  auto request = build_request(*backend, *model->config, call.prompt, call.format);
  if (!request) co_return fail(std::move(request).error());
  const std::string url = request->url;
  const auto started = Clock::now();
  net::HttpRequest sent = std::move(*request);
  auto response = co_await send_with_retries(context, backend->config->retry, model->counters,
                                             std::move(sent), deadline);
  auto answer = finish(context, *backend, *model, url, call.format, std::move(response));
  count(context, model->counters, answer, started);
  co_return answer;
}

}  // namespace

Value ProviderAnswer::to_value() && {
  return Value::fields("data", std::move(data), "consumed_gen", Value::integer(0), "tokens",
                       usage.to_value());
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

asio::awaitable<Result<ProviderAnswer>> call_provider(CallContext context, ProviderCall call,
                                                      Deadline deadline) {
  const std::string provider = call.provider;
  const std::string model = call.model;
  auto found = context.catalog->find(provider, model);
  if (!found) co_return fail(std::move(found).error());
  const Catalog::Found target = *found;
  auto answer = co_await call_found(context, target, std::move(call), deadline);
  if (!answer) {
    Error& error = answer.error();
    error.with("provider", Value::string(provider)).with("model", Value::string(model));
    context.catalog->redactor().redact(error);
  }
  co_return answer;
}

}  // namespace gvm::llm
