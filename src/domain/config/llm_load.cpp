// Loads the file of the LLM module: after the schema was read, backends are made ready and unusable
// ones are dropped.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "config/audit_schema.h"
#include "config/budget_checks.h"
#include "config/greybox_schema.h"
#include "config/load.h"
#include "config/load_impl.h"
#include "config/scalar.h"
#include "config/templating.h"
#include "config/traces_schema.h"

namespace gvm::config {

namespace {

struct Usual {
  AuthStyle style;
  std::string_view header;
};

// providers.md, "key goes in".
Usual usual_auth(Provider provider) {
  switch (provider) {
    case Provider::anthropic:
      return {AuthStyle::header, "x-api-key"};
    case Provider::google:
      return {AuthStyle::header, "x-goog-api-key"};
    case Provider::openai_compatible:
    case Provider::ollama:
      break;
  }
  return {AuthStyle::bearer, ""};
}

bool needs_key(const BackendConfig& backend) {
  return backend.provider() != Provider::ollama && !backend.loopback &&
         backend.auth.style != AuthStyle::none;
}

void add_unset(const Node& key, const Environment& env, std::vector<std::string>& names) {
  if (key.kind != Node::Kind::scalar) return;
  std::ranges::move(unset_variables(key.written, env), std::back_inserter(names));
}

// The environment variables that would have given the backend a key.
std::vector<std::string> missing_variables(const Node& backend, const Environment& env) {
  std::vector<std::string> names;
  if (const auto* key = backend.find("key")) add_unset(*key->value, env, names);
  const auto* keys = backend.find("keys");
  if (keys == nullptr || keys->value->kind != Node::Kind::list) return names;
  for (const auto& key : keys->value->items) add_unset(*key, env, names);
  return names;
}

std::string why_keyless(const Node& backend, const std::vector<std::string>& missing) {
  if (!missing.empty()) return fmt::format("{} is not set", fmt::join(missing, ", "));
  return backend.find("key") == nullptr && backend.find("keys") == nullptr ? "it has no key"
                                                                           : "its key is empty";
}

// `keys` without `key`: the first one becomes `key`, the rest are further keys.
void take_first_key(BackendConfig& b) {
  if (!b.key.empty() || b.keys.empty()) return;
  b.key = std::move(b.keys.front());
  b.keys.erase(b.keys.begin());
}

void resolve_auth(const Node& node, const std::string& path, Context& context, BackendConfig& b) {
  const auto usual = usual_auth(b.provider());
  if (!b.auth.style) b.auth.style = usual.style;
  if (b.auth.style == AuthStyle::header && b.auth.header.empty()) b.auth.header = usual.header;
  if (b.auth.style == AuthStyle::header && b.auth.header.empty())
    context.error(node.find("auth")->mark, path + ".auth.header",
                  "missing, expected a header name: this provider has no usual one");
  if (b.key.empty()) b.auth.style = AuthStyle::none;
}

// Files that were written for scripts have it in `meta`.
int priority_in(const Value& meta) {
  const Value* found = meta.find("priority");
  const Integer* number = found == nullptr ? nullptr : found->as_integer();
  const auto priority = number == nullptr ? std::nullopt : number->to_i64();
  constexpr std::int64_t kMost = 1'000'000;
  return priority ? static_cast<int>(std::clamp(*priority, -kMost, kMost)) : 0;
}

void resolve_timeouts(const LlmConfig& config, BackendConfig& b) {
  const auto& http = config.common.http;
  const auto backend_total = b.timeout.value_or(b.timeouts.total.value_or(config.timeout));
  for (auto& model : b.models)
    model.timeouts = {.connect = b.timeouts.connect.value_or(http.connect_timeout),
                      .first_byte = b.timeouts.first_byte.value_or(http.first_byte_timeout),
                      .idle = b.timeouts.idle.value_or(http.idle_timeout),
                      .total = model.timeout.value_or(backend_total)};
}

void warn_about_idle_settings(const Node& node, const std::string& path, Context& context,
                              const BackendConfig& b) {
  const bool versioned = b.provider() == Provider::anthropic || b.provider() == Provider::google;
  if (b.api_version.empty() || versioned) return;
  context.warn(node.find("api_version")->mark, path + ".api_version",
               fmt::format("has no effect for {}", provider_name(b.provider())));
}

// Characters that are copied along when a key is pasted from a chat or a document.
std::string_view fault_of_key(std::string_view key) {
  constexpr std::string_view kMarks[] = {"\xEF\xBB\xBF", "\u2018", "\u2019", "\u201C", "\u201D"};
  for (const auto mark : kMarks)
    if (key.find(mark) != key.npos) return mark == kMarks[0] ? "a byte order mark" : "curly quotes";
  if (key.find("$ENV[") != key.npos) return "$ENV[...], expected ${ENV[...]}";
  if (key.starts_with('$')) return "the name of a variable, expected ${ENV[NAME]}";
  if (key.starts_with('"') || key.starts_with('\'')) return "quotes";
  if (key.find_first_of(" \t\r\n") != key.npos) return "white space";
  // Letters of other scripts that look alike, and characters without width.
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (!std::ranges::all_of(key, is_ascii)) return "characters beyond ASCII";
  return {};
}

void warn_about_key(const Node& key, const std::string& path, Context& context) {
  if (key.kind != Node::Kind::scalar) return;
  const auto fault = fault_of_key(key.text);
  if (!fault.empty())
    context.warn(key.mark, path,
                 fmt::format("the key holds {}: it will hardly be accepted", fault));
}

void warn_about_keys(const Node& node, const std::string& path, Context& context) {
  if (const auto* key = node.find("key")) warn_about_key(*key->value, path + ".key", context);
  const auto* keys = node.find("keys");
  if (keys == nullptr || keys->value->kind != Node::Kind::list) return;
  for (std::size_t i = 0; i < keys->value->items.size(); ++i)
    warn_about_key(*keys->value->items[i], fmt::format("{}.keys[{}]", path, i), context);
}

// A host that already contains the path that the provider's form appends. It works, but the
// operator should know.
void warn_about_host(const Node& node, const std::string& path, Context& context,
                     const BackendConfig& b) {
  constexpr std::string_view kEnds[] = {"/chat/completions", "/messages", "/generate", "/v1",
                                        "/v1beta"};
  const auto* host = node.find("host");
  for (const auto end : kEnds) {
    if (host == nullptr || !b.host.ends_with(end)) continue;
    return context.warn(host->mark, path + ".host",
                        fmt::format("ends in {}, which is not appended again", end));
  }
}

bool is_on_loopback(const std::string& host) {
  const auto parsed = parse_endpoint(host);
  return parsed.endpoint && parsed.endpoint->loopback;
}

class Backends {
 public:
  Backends(const Node& root, Context& context, LlmConfig& config)
      : root_(root), context_(context), config_(config) {}

  void finish(EmptyBackends when_empty) {
    std::vector<BackendConfig> usable;
    for (auto& backend : config_.backends)
      if (backend.enabled && make_ready(backend)) usable.push_back(std::move(backend));
    config_.backends = std::move(usable);
    const bool excused = when_empty == EmptyBackends::allow ||
                         (when_empty == EmptyBackends::allow_missing_keys && awaits_variables_);
    if (config_.backends.empty() && !excused) refuse_empty();
  }

 private:
  bool make_ready(BackendConfig& b) {
    const auto& entry = *root_.find("backends")->value->find(b.name);
    const auto path = "backends." + b.name;
    std::erase_if(b.models, [](const ModelConfig& m) { return !m.enabled; });
    b.loopback = is_on_loopback(b.host);
    if (b.models.empty()) return drop(entry, path, "it has no enabled model");
    take_first_key(b);
    if (b.key.empty() && needs_key(b)) {
      const auto missing = missing_variables(*entry.value, context_.env);
      awaits_variables_ = awaits_variables_ || !missing.empty();
      return drop(entry, path, why_keyless(*entry.value, missing));
    }
    resolve_auth(*entry.value, path, context_, b);
    resolve_timeouts(config_, b);
    if (!b.share.priority) b.share.priority = priority_in(b.meta);
    warn_about_idle_settings(*entry.value, path, context_, b);
    warn_about_keys(*entry.value, path, context_);
    warn_about_host(*entry.value, path, context_, b);
    return true;
  }

  bool drop(const Entry& entry, const std::string& path, const std::string& why) {
    context_.warn(entry.mark, path, "the backend is dropped: " + why);
    context_.dropped.push_back({context_.file, entry.mark, path, "it cannot be used: " + why});
    reasons_.push_back(fmt::format("{}: {}", entry.key, why));
    return false;
  }

  void refuse_empty() {
    const auto* backends = root_.find("backends");
    std::string message = "no backend is left";
    if (!reasons_.empty()) message += fmt::format(" ({})", fmt::join(reasons_, "; "));
    message += ", expected at least one, or --allow-empty-backends";
    context_.error(backends != nullptr ? backends->mark : root_.mark, "backends",
                   std::move(message));
  }

  const Node& root_;
  Context& context_;
  LlmConfig& config_;
  std::vector<std::string> reasons_;
  bool awaits_variables_ = false;  // a backend would be usable if the environment had its key
};

// A backend that was dropped has been warned about: its moderator gives no verdict.
void check_moderators(const Node& root, Context& context, const LlmConfig& config) {
  const auto* guards = root.find("guards");
  const auto* written = root.find("backends");
  for (const auto& moderator : config.guards.moderators) {
    if (moderator.backend.empty()) continue;
    const auto path = "guards.moderators." + moderator.name;
    const auto* backend = config.find_backend(moderator.backend);
    const bool named = written != nullptr && written->value->find(moderator.backend) != nullptr;
    if (backend == nullptr && !named)
      context.error(guards->mark, path, "there is no backend \"" + moderator.backend + "\"");
    if (backend != nullptr && backend->find_model(moderator.model) == nullptr)
      context.error(
          guards->mark, path,
          "the backend \"" + moderator.backend + "\" has no model \"" + moderator.model + "\"");
  }
}

Loaded<LlmConfig> load_llm_document(Document document, const std::string& file,
                                    const Environment& env, LoadOptions options) {
  return load_document<LlmConfig>(
      std::move(document), file, env, llm_section(), unknown_keys_of(options.strictness),
      [&](const Node& root, Context& context, LlmConfig& config) {
        check_budget_names(root, context, config);
        Backends(root, context, config).finish(options.empty_backends);
        check_moderators(root, context, config);
        check_data_rules(root, context, config);
        check_propagate(root, context, config.common.traces);
        resolve_pools(root, context, config,
                      options.empty_backends == EmptyBackends::refuse ? EmptyPools::refuse
                                                                      : EmptyPools::warn);
      });
}

}  // namespace

const ModelConfig* BackendConfig::find_model(std::string_view name_or_alias) const {
  if (name_or_alias.empty())
    return nullptr;  // a model without an alias has an empty alias, which must not match
  for (const auto& model : models)
    if (model.name == name_or_alias || model.alias == name_or_alias) return &model;
  return nullptr;
}

const BackendConfig* LlmConfig::find_backend(std::string_view wanted) const {
  const auto found = std::find_if(backends.begin(), backends.end(),
                                  [&](const auto& backend) { return backend.name == wanted; });
  return found == backends.end() ? nullptr : &*found;
}

Loaded<LlmConfig> load_llm(const std::string& path, const Environment& env, LoadOptions options) {
  return load_llm_document(read_document(path), path, env, options);
}

Loaded<LlmConfig> load_llm_text(std::string_view text, const std::string& file,
                                const Environment& env, LoadOptions options) {
  return load_llm_document(parse_document(text, file), file, env, options);
}

}  // namespace gvm::config
