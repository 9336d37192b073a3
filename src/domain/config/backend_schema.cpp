// The rows of one backend.
#include <fmt/format.h>

#include <map>

#include "config/audit_schema.h"
#include "config/model_schema.h"
#include "config/routing_schema.h"
#include "config/scalar.h"
#include "config/schema.h"

namespace gvm::config {

namespace {

constexpr Origin kOurs = Origin::ours;
constexpr double kHourMs = 3'600'000;
constexpr double kDayMs = 24 * kHourMs;
constexpr std::size_t kMostEndpoints = 16;  // and keys

void check_auth(const Node& node, const std::string& path, Context& context, AuthConfig& c) {
  const auto* header = node.find("header");
  if (header == nullptr || c.header.empty() || c.style == AuthStyle::header) return;
  context.error(header->mark, path + ".header",
                "got a header name, expected one only with style: header");
}

const Section& auth_section() {
  using C = AuthConfig;
  static const Section section =
      SectionBuilder<C>("auth", "How the key travels. Absent: as the provider wants it.")
          .leaf(&C::style, {.name = "style",
                            .doc = "`bearer`: Authorization header; `header`: a header of its own; "
                                   "`none`: no key is sent",
                            .origin = kOurs})
          .leaf(&C::header,
                {.name = "header",
                 .doc = "Name of the header for style `header`; absent: the provider's usual one",
                 .origin = kOurs,
                 .format = Format::header_name})
          .check(check_auth)
          .build();
  return section;
}

void check_retry(const Node& node, const std::string& path, Context& context, RetryConfig& c) {
  if (c.backoff <= c.max_backoff) return;
  const auto* entry =
      node.find("backoff") != nullptr ? node.find("backoff") : node.find("max_backoff");
  context.error(entry->mark, path + "." + entry->key,
                "got a backoff longer than max_backoff, expected at most that");
}

const Section& retry_section() {
  using C = RetryConfig;
  static const Section section =
      SectionBuilder<C>("retry",
                        "Repeating a failed call at the same model, before the script hears of it.")
          .leaf(&C::attempts, {.name = "attempts",
                               .doc = "Calls in all, the first included; 1: none is repeated",
                               .origin = kOurs,
                               .range = {1, 10},
                               .unit = "calls"})
          .leaf(&C::backoff, {.name = "backoff",
                              .doc = "Wait before the second call; doubles from then on",
                              .origin = kOurs,
                              .range = {0, kHourMs}})
          .leaf(&C::max_backoff, {.name = "max_backoff",
                                  .doc = "Longest wait between two calls",
                                  .origin = kOurs,
                                  .range = {0, kHourMs}})
          .leaf(&C::on_statuses, {.name = "on_statuses",
                                  .doc = "HTTP statuses that are worth another call",
                                  .origin = kOurs,
                                  .range = {400, 599}})
          .leaf(&C::on_network_errors,
                {.name = "on_network_errors",
                 .doc = "Whether a refused or broken connection is worth another call",
                 .origin = kOurs})
          .check(check_retry)
          .build();
  return section;
}

const Section& timeouts_section() {
  using C = TimeoutOverrides;
  static const Section section =
      SectionBuilder<C>("timeouts", "Of this backend; absent: as in `http`. 0: no limit.")
          .leaf(&C::connect, {.name = "connect",
                              .doc = "Name, TCP and TLS together",
                              .origin = kOurs,
                              .range = {0, kDayMs}})
          .leaf(&C::first_byte, {.name = "first_byte",
                                 .doc = "From the request sent to the first byte of the answer",
                                 .origin = kOurs,
                                 .range = {0, kDayMs}})
          .leaf(&C::idle, {.name = "idle",
                           .doc = "Between two bytes of an answer",
                           .origin = kOurs,
                           .range = {0, kDayMs}})
          .leaf(&C::total, {.name = "total",
                            .doc = "A whole call; the same as `timeout`, which wins",
                            .origin = kOurs,
                            .range = {0, kDayMs}})
          .build();
  return section;
}

// Names and aliases of a backend's models are one set.
void check_names(const Node& node, const std::string& path, Context& context, BackendConfig& c) {
  const auto* models = node.find("models");
  std::map<std::string_view, int> uses;
  for (const auto& model : c.models) {
    ++uses[model.name];
    if (!model.alias.empty()) ++uses[model.alias];
  }
  for (const auto& [name, count] : uses) {
    if (count < 2) continue;
    context.error(models->mark, path + ".models",
                  fmt::format("got {} as the name or alias of {} models, expected one",
                              in_quotes(name), count));
  }
}

void check_host(const Node& node, const std::string& path, Context& context, BackendConfig& c) {
  const auto* host = node.find("host");
  if (c.host.find('?') != std::string::npos)
    context.error(host->value->mark, path + ".host",
                  "got a URL with a query, expected a scheme, a host and perhaps a path");
}

// The same rules as for `host`, and no credentials, which belong into keys.
void check_hosts(const Node& node, const std::string& path, Context& context, BackendConfig& c) {
  const auto* hosts = node.find("hosts");
  for (std::size_t i = 0; i < c.hosts.size(); ++i) {
    auto parsed = parse_endpoint(c.hosts[i]);
    if (parsed.endpoint && parsed.endpoint->secrets.empty() &&
        c.hosts[i].find('?') == std::string::npos) {
      c.hosts[i] = std::move(parsed.endpoint->url);
      continue;
    }
    context.error(hosts->value->items[i]->mark, fmt::format("{}.hosts[{}]", path, i),
                  fmt::format("got {}, expected a scheme, a host and perhaps a path",
                              parsed.endpoint ? "a query or credentials" : parsed.error));
  }
}

void check_keys(const Node& node, const std::string& path, Context& context, BackendConfig& c) {
  if (c.keys.size() <= kMostEndpoints) return;
  context.error(node.find("keys")->mark, path + ".keys",
                fmt::format("got {} keys, expected at most {}", c.keys.size(), kMostEndpoints));
}

void check_backend(const Node& node, const std::string& path, Context& context, BackendConfig& c) {
  check_names(node, path, context, c);
  check_host(node, path, context, c);
  check_hosts(node, path, context, c);
  check_keys(node, path, context, c);
}

SectionBuilder<BackendConfig>& add_drop_in(SectionBuilder<BackendConfig>& table) {
  using C = BackendConfig;
  return table
      .leaf(&C::enabled, {.name = "enabled", .doc = "false: as if the backend were not here"})
      .leaf(&C::host, {.name = "host",
                       .doc = "Where it is; the provider's path is appended",
                       .presence = Presence::required,
                       .format = Format::url})
      .leaf(&C::provider_setting,
            {.name = "provider", .doc = "The form it speaks", .presence = Presence::required})
      .leaf(&C::key, {.name = "key",
                      .doc = "The key; without one the backend is dropped, unless it is an ollama, "
                             "on loopback, or `auth.style` is none"})
      .named(&C::models, model_section(),
             {.name = "models", .doc = "Its models by name; a list of names is the older form"})
      .leaf(&C::meta, {.name = "meta", .doc = "Anything, for scripts to read"})
      .leaf(&C::timeout, {.name = "timeout",
                          .doc = "One call; absent: the global one; 0: no limit (24 hours)",
                          .format = Format::timeout,
                          .range = {0, kDayMs}});
}

}  // namespace

const Section& backend_section() {
  using C = BackendConfig;
  static const Section section = [] {
    SectionBuilder<C> table("a backend", "One provider account or server.");
    return add_drop_in(table)
        .section(&C::auth, auth_section(),
                 {.name = "auth", .doc = "How the key travels", .origin = kOurs})
        .leaf(&C::headers, {.name = "headers",
                            .doc = "Further headers of every call; values are kept secret",
                            .origin = kOurs})
        .leaf(&C::api_version,
              {.name = "api_version",
               .doc = "anthropic: the `anthropic-version` header; google: the version in the path",
               .origin = kOurs,
               .format = Format::header_name})
        .section(&C::retry, retry_section(),
                 {.name = "retry", .doc = "Repeating failed calls", .origin = kOurs})
        .section(&C::timeouts, timeouts_section(),
                 {.name = "timeouts", .doc = "Parts of a call", .origin = kOurs})
        .leaf(&C::hosts, {.name = "hosts",
                          .doc = "Further endpoints of the same account, each like `host`",
                          .origin = kOurs,
                          .range = {0, kMostEndpoints}})
        .leaf(&C::keys, {.name = "keys", .doc = "Further keys, each like `key`", .origin = kOurs})
        .inlined(&C::share, share_section())
        .section(&C::data, backend_data_section(),
                 {.name = "data", .doc = "What may be sent to it", .origin = kOurs})
        .check(check_backend)
        .build();
  }();
  return section;
}

}  // namespace gvm::config
