// Whom the module shows its metrics and its status page: what would be more open, or less
// reachable, than it looks is refused.
#include "config/admin_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "config/peers_schema.h"
#include "policy/ip_address.h"

namespace gvm::config {
namespace {

const Node* value_of(const Node& node, std::string_view key) {
  const auto* serve = node.find("serve");
  const auto* entry = serve == nullptr ? nullptr : serve->value->find(key);
  return entry == nullptr || entry->value->kind == Node::Kind::null ? nullptr : entry->value.get();
}

bool is_of_this_machine(std::string_view address) {
  if (address.starts_with("unix:")) return true;
  auto host = address.substr(0, address.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto parsed = policy::IpAddress::parse(host);
  return host == "localhost" || (parsed && parsed->is_loopback());
}

void check_token(const Node& at, Context& context, const ServeConfig& c) {
  const auto refuse = [&](const std::string& message) {
    context.error(at.mark, "serve.admin_token", message);
  };
  if (c.admin_token.empty())
    return refuse(fmt::format("got an empty token, expected {}", kPeerTokenForm));
  if (!is_peer_token(c.admin_token.reveal()))
    return refuse(
        fmt::format("got a token that is too short or holds a space, expected {}", kPeerTokenForm));
  const auto same = [&](const Secret& token) { return token.reveal() == c.admin_token.reveal(); };
  if (std::ranges::any_of(c.peers.tokens, same))
    refuse("got a token of serve.peers, expected another one: hosts do not read the log");
}

void check_address(const Node& at, Context& context, const CommonConfig& config) {
  const auto& c = config.serve;
  const auto refuse = [&](const std::string& message) {
    context.error(at.mark, "serve.admin_address", message);
  };
  if (c.admin_address.starts_with("fd:"))
    return refuse("got an inherited socket, expected host:port or unix:///path");
  const bool any_port = c.admin_address.ends_with(":0");
  if (c.admin_address == config.bind_address && !any_port)
    return refuse("got the address of bind_address, expected another one");
  if (c.admin_token.empty() && !is_of_this_machine(c.admin_address))
    refuse(
        "got an address that other machines reach, expected serve.admin_token beside it: without "
        "a token nobody from elsewhere is answered");
}

// Where the token is shown, by machines elsewhere.
void warn_of_plain_text(const Node& at, Context& context, const CommonConfig& config) {
  const auto& c = config.serve;
  const auto& address = c.admin_address.empty() ? config.bind_address : c.admin_address;
  const bool known = !address.empty() && !address.starts_with("fd:");
  if (known && !c.tls.on() && !is_of_this_machine(address))
    context.warn(at.mark, "serve.admin_token",
                 "it crosses the network in plain text: serve.tls is not set");
}

}  // namespace

void check_admin(const Node& node, Context& context, const CommonConfig& config) {
  if (const auto* token = value_of(node, "admin_token")) {
    check_token(*token, context, config.serve);
    warn_of_plain_text(*token, context, config);
  }
  if (config.serve.admin_address.empty()) return;
  if (const auto* address = value_of(node, "admin_address"))
    check_address(*address, context, config);
}

}  // namespace gvm::config
