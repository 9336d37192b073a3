#include "provider/call_request.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "provider/dialect.h"

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
  // The script's value is preferred to the configuration's.
  timeouts.total = prompt.timeout.value_or(model.timeouts.total);
  return timeouts;
}

CallTarget call_target(const Target& at) {
  const config::ModelConfig& model = *at.model->config;
  CallTarget target{model.upstream_name(), at.backend->config->api_version, model.supports_json};
  target.context_tokens = model.num_ctx ? model.num_ctx : model.context_length;
  return target;
}

// The operator's fields first, so that a script's replace them.
Result<void> merge_extras(Value& body, const Prompt& prompt, const config::ModelConfig& model) {
  if (model.extra.as_map() != nullptr) {
    auto merged = merge_extra(body, Value(model.extra), {});
    if (!merged) return merged;
  }
  const auto* extra = prompt.extra.as_map();
  if (extra == nullptr || extra->empty()) return {};
  return merge_extra(body, Value(prompt.extra), prompt.extra_merge_strategy);
}

}  // namespace

std::string url_of(const Target& at) {
  const CallTarget target = call_target(at);
  const Dialect& dialect = *at.backend->dialect;
  const std::string& endpoint = at.backend->endpoints[at.endpoint];
  const std::string method = dialect.method_path(target);
  if (at.model->config->base_path) return endpoint + *at.model->config->base_path + method;
  if (endpoint.ends_with(method)) return endpoint;
  const std::string base = dialect.base_path(target);
  // Only a path counts: a host may be called "api".
  const auto authority = endpoint.find("//");
  const auto path = endpoint.find('/', authority == std::string::npos ? 0 : authority + 2);
  const bool has_base = path != std::string::npos && endpoint.substr(path).ends_with(base);
  return has_base ? endpoint + method : endpoint + base + method;
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

Result<net::HttpRequest> build_request(const Target& at, const Prompt& prompt, Format format) {
  const BackendEntry& backend = *at.backend;
  const config::ModelConfig& model = *at.model->config;
  const CallTarget target = call_target(at);
  Value body = backend.dialect->body(prompt, target, format);
  if (auto merged = merge_extras(body, prompt, model); !merged)
    return fail(std::move(merged).error());
  net::HttpRequest request;
  request.method = "POST";
  request.url = url_of(at);
  request.headers.push_back({"content-type", "application/json"});
  if (auto version = backend.dialect->version_header(target); !version.name.empty()) {
    request.headers.push_back({std::string(version.name), std::string(version.value)});
  }
  request.secret_headers = backend.headers[at.key];
  json::write_to(request.body, body);
  request.has_body = true;
  // If libcurl sent a prompt again, it would be billed twice and counted once.
  request.resend = net::Resend::safe_method;
  request.timeouts = timeouts_for(model, prompt);
  request.max_body = response_limit(prompt);
  return request;
}

}  // namespace gvm::provider
