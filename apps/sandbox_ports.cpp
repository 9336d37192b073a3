#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/sandbox_rules.h"
#include "url/database_address.h"
#include "url/url.h"

namespace gvm::apps {
namespace {

using Ports = std::vector<std::uint16_t>;

constexpr std::uint16_t kDns = 53;  // over TCP, for long answers

// Of "host:port"; empty for a Unix socket and for an inherited one.
std::optional<std::uint16_t> listening_port(const std::string& address) {
  const auto colon = address.rfind(':');
  if (address.starts_with("unix:") || address.starts_with("fd:") || colon == std::string::npos)
    return std::nullopt;
  std::uint16_t port = 0;
  (void)std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
  return port;
}

void add_listening(Ports& ports, const std::string& address) {
  if (const auto port = listening_port(address)) ports.push_back(*port);
}

void add_url(Ports& ports, const std::string& text) {
  const auto parsed = text.empty() ? std::nullopt : std::optional(url::parse(text));
  if (!parsed || !*parsed) return;
  if (const auto port = (*parsed)->effective_port()) ports.push_back(*port);
}

void add_numbers(Ports& ports, const std::vector<int>& numbers) {
  for (const int number : numbers) ports.push_back(static_cast<std::uint16_t>(number));
}

// What both modules connect to.
void add_common(Ports& ports, const config::CommonConfig& config,
                const config::SandboxConfig& sandbox) {
  add_url(ports, config.signer_url.source());
  add_url(ports, config.traces.endpoint);
  add_numbers(ports, sandbox.connect_ports);
  ports.push_back(kDns);
}

void add_proxy(Ports& ports, const config::ProxyConfig& proxy) {
  constexpr std::uint16_t kSocks = 1080;
  const auto parsed = url::parse(proxy.url);
  if (!parsed) return;
  const auto given = parsed->effective_port();
  ports.push_back(given.value_or(kSocks));
}

// "address", "address:port", "[v6]:port"
void add_name_server(Ports& ports, const std::string& server) {
  const auto bracket = server.rfind("]:");
  const auto colon = server.rfind(':');
  const bool v6 = server.find(':') != colon;
  if (bracket == std::string::npos && (colon == std::string::npos || v6)) return;
  add_listening(ports, server);
}

// Scripts of both modules may ask servers that no key names: the LLM module's any, the web module's
// by an `unfiltered` request. So the operator must have said which ports these have.
bool may_limit(confine::Plan& plan, const config::CommonConfig& config,
               const config::SandboxConfig& sandbox) {
  if (sandbox.connect_ports.empty())
    plan.ports_open = "scripts may ask any server, unless sandbox.connect_ports is set";
  else if (!config.signer_url.names().empty())
    plan.ports_open = "signer_url holds #{...}, so its port is not known";
  return plan.ports_open.empty();
}

}  // namespace

void set_ports(confine::Plan& plan, const config::LlmConfig& config) {
  auto& bind = plan.landlock.bind_ports.emplace();
  add_listening(bind, config.common.bind_address);
  add_listening(bind, config.common.serve.admin_address);
  if (!may_limit(plan, config.common, config.operation.sandbox)) return;
  auto& connect = plan.landlock.connect_ports.emplace();
  add_common(connect, config.common, config.operation.sandbox);
  for (const auto& backend : config.backends) {
    add_url(connect, backend.host);
    for (const auto& host : backend.hosts) add_url(connect, host);
  }
  if (config.ledger.url.empty()) return;
  constexpr std::uint16_t kPostgres = 5432;
  const auto parsed = url::parse(config.ledger.url.reveal());
  connect.push_back(parsed ? parsed->port().value_or(kPostgres) : kPostgres);
}

void set_ports(confine::Plan& plan, const config::WebConfig& config) {
  auto& bind = plan.landlock.bind_ports.emplace();
  add_listening(bind, config.common.bind_address);
  add_listening(bind, config.common.serve.admin_address);
  add_listening(bind, config.render_service.bind_address);
  bind.push_back(0);  // routes with a `source`
  if (!may_limit(plan, config.common, config.operation.sandbox)) return;
  auto& connect = plan.landlock.connect_ports.emplace();
  add_common(connect, config.common, config.operation.sandbox);
  add_numbers(connect, config.policy.ports);
  add_url(connect, config.webdriver_host);
  add_url(connect, config.render_service.webdriver_host);
  add_listening(connect, config.render_service.bind_address);
  for (const auto& proxy : config.proxies) add_proxy(connect, proxy);
  for (const auto& server : config.policy.dns_servers) add_name_server(connect, server);
}

}  // namespace gvm::apps
