// The configuration keys of `policy`, `proxies` and `routes`. Their patterns are compiled here
// once, so that a wrong entry is reported with its line.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error_detail.h"
#include "config/schema.h"
#include "config/web_checks.h"
#include "policy/url_pattern.h"
#include "policy/url_rules.h"

namespace gvm::config {

namespace {

constexpr double kMinuteMs = 60'000;
constexpr Origin kOurs = Origin::ours;
constexpr std::string_view kDirect = "direct";
constexpr std::array<std::string_view, 3> kProxySchemes = {"http://", "https://", "socks5://"};

std::string reason_of(const Error& error) {
  return std::string(detail_of(error).empty() ? error.code() : detail_of(error));
}

// Calls `problem(text)` for every text of the list `key`; a returned sentence becomes an error at
// the position of the text.
template <class Problem>
void check_entries(const Node& node, const std::string& path, std::string_view key,
                   Context& context, Problem problem) {
  const auto* entry = node.find(key);
  if (entry == nullptr || entry->value->kind != Node::Kind::list) return;
  const auto& items = entry->value->items;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i]->kind != Node::Kind::scalar) continue;
    const std::string message = problem(items[i]->text);
    if (!message.empty())
      context.error(items[i]->mark, fmt::format("{}.{}[{}]", path, key, i), message);
  }
}

std::string pattern_problem(const std::string& text) {
  const auto pattern = policy::UrlPattern::compile(text);
  return pattern ? std::string() : reason_of(pattern.error());
}

std::string network_problem(const std::string& text) {
  if (policy::Cidr::parse(text)) return {};
  return fmt::format("got \"{}\", expected an address or a network such as 10.0.0.0/8", text);
}

std::string server_problem(const std::string& text) {
  const auto bare = policy::IpAddress::parse(text);
  if (bare && !text.starts_with('[')) return {};
  const auto colon = text.rfind(':');
  const auto port = colon == std::string::npos ? text : text.substr(colon + 1);
  const bool digits = !port.empty() && port.size() <= 5 &&
                      std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
  const bool bracketed = text.starts_with('[') == text.substr(0, colon).ends_with(']');
  if (colon != std::string::npos && digits && bracketed && std::stoi(port) <= 65'535 &&
      policy::IpAddress::parse(text.substr(0, colon))) {
    return {};
  }
  return fmt::format("got \"{}\", expected an address, or address:port", text);
}

// The newer one of two lists counts: a copy that nobody renews must not take domains away.
void load_tlds(const Node& node, const std::string& path, Context& context, PolicyConfig& c) {
  if (c.public_suffix_list.empty()) return;
  const auto* entry = node.find("public_suffix_list");
  const std::string key = path + ".public_suffix_list";
  auto list = policy::TldList::load(c.public_suffix_list);
  if (!list) return context.error(entry->value->mark, key, reason_of(list.error()));
  if ((*list)->older_than_built_in()) {
    context.warn(entry->value->mark, key,
                 fmt::format("its version {} is older than that of the list that ships, {}, which "
                             "counts",
                             (*list)->version(), policy::public_tlds_version()));
  } else {
    c.tlds = std::move(*list);
  }
}

void check_policy(const Node& node, const std::string& path, Context& context, PolicyConfig& c) {
  load_tlds(node, path, context, c);
  check_entries(node, path, "allow", context, pattern_problem);
  check_entries(node, path, "deny", context, pattern_problem);
  check_entries(node, path, "allow_addresses", context, network_problem);
  check_entries(node, path, "deny_addresses", context, network_problem);
  check_entries(node, path, "dns_servers", context, server_problem);
}

const char* proxy_url_problem(std::string_view url) {
  const auto* scheme = std::ranges::find_if(
      kProxySchemes, [&](std::string_view prefix) { return url.starts_with(prefix); });
  if (scheme == kProxySchemes.end()) return "got none of http://, https:// and socks5://";
  const auto rest = url.substr(scheme->size());
  if (rest.contains('@'))
    return "got a URL with credentials, expected them in username and password";
  if (rest.empty() || rest.find_first_of("/?# ") != std::string_view::npos)
    return "got a URL that is not scheme, host and port alone";
  return nullptr;
}

void check_proxy(const Node& node, const std::string& path, Context& context, ProxyConfig& c) {
  const auto* entry = node.find("url");
  if (c.name == kDirect)
    context.error(node.mark, path, "got the name \"direct\", which means no proxy");
  if (entry == nullptr || c.url.empty()) return;
  if (const char* problem = proxy_url_problem(c.url))
    context.error(entry->value->mark, path + ".url", problem);
}

bool is_source(std::string_view text) {
  constexpr std::string_view kInterface = "if:";
  constexpr std::size_t kLongestName = 15;  // IFNAMSIZ
  if (!text.starts_with(kInterface)) return policy::IpAddress::parse(text).has_value();
  const auto name = text.substr(kInterface.size());
  return !name.empty() && name.size() <= kLongestName && !name.contains('!');
}

void check_route(const Node& node, const std::string& path, Context& context, RouteConfig& c) {
  check_entries(node, path, "hosts", context, pattern_problem);
  if (const auto* hosts = node.find("hosts"); hosts != nullptr) {
    const bool alone = hosts->value->kind == Node::Kind::scalar;
    const auto problem = alone ? pattern_problem(hosts->value->text) : std::string();
    if (!problem.empty()) context.error(hosts->value->mark, path + ".hosts", problem);
    if (c.hosts.empty())
      context.error(hosts->value->mark, path + ".hosts", "got no pattern, expected at least one");
  }
  if (c.via.empty())
    context.error(node.find("via")->value->mark, path + ".via",
                  "got no way, expected at least one");
  if (c.source.empty() || is_source(c.source)) return;
  context.error(node.find("source")->value->mark, path + ".source",
                fmt::format("got \"{}\", expected a local address or if:NAME", c.source));
}

}  // namespace

const Section& policy_section() {
  using C = PolicyConfig;
  static const Section section =
      SectionBuilder<C>(
          "policy",
          "Which URLs and addresses may be asked for. The order of the checks and the "
          "form of patterns: [web-policy.md](web-policy.md).")
          .leaf(&C::ports, {.name = "ports",
                            .doc = "Ports that may be asked for",
                            .origin = kOurs,
                            .range = {1, 65'535}})
          .leaf(&C::allow,
                {.name = "allow",
                 .doc = "URL patterns; when there are any, one must match. Lifts no other check",
                 .origin = kOurs})
          .leaf(&C::deny, {.name = "deny",
                           .doc = "URL patterns that are refused, whatever else would allow them",
                           .origin = kOurs})
          .leaf(&C::allow_addresses,
                {.name = "allow_addresses",
                 .doc = "Networks that may be talked to although they are not public",
                 .origin = kOurs})
          .leaf(&C::deny_addresses,
                {.name = "deny_addresses",
                 .doc = "Networks that may not be talked to; wins over all else",
                 .origin = kOurs})
          .leaf(&C::max_url_bytes, {.name = "max_url_bytes",
                                    .doc = "Longest URL",
                                    .origin = kOurs,
                                    .format = Format::bytes,
                                    .range = {64, 1.0 * kMiB}})
          .leaf(&C::public_suffix_list,
                {.name = "public_suffix_list",
                 .doc = "A file of publicsuffix.org's whose top-level domains count in place of "
                        "those of the list that ships, unless that is newer by its VERSION",
                 .origin = kOurs,
                 .format = Format::path})
          .leaf(&C::dns_servers,
                {.name = "dns_servers",
                 .doc = "Name servers, address or address:port; none: those of the system",
                 .origin = kOurs})
          .leaf(&C::resolve_timeout, {.name = "resolve_timeout",
                                      .doc = "One name, with all attempts at all servers",
                                      .origin = kOurs,
                                      .range = {1, 10 * kMinuteMs}})
          .check(check_policy)
          .build();
  return section;
}

const Section& proxy_section() {
  using C = ProxyConfig;
  static const Section section =
      SectionBuilder<C>("a proxy", "An HTTP, HTTPS or SOCKS5 proxy that routes may name.")
          .leaf(&C::url, {.name = "url",
                          .doc = "`http://`, `https://` or `socks5://`, host and port",
                          .origin = kOurs,
                          .presence = Presence::required,
                          .format = Format::not_empty})
          .leaf(&C::username, {.name = "username", .doc = "Kept secret", .origin = kOurs})
          .leaf(&C::password, {.name = "password", .doc = "Kept secret", .origin = kOurs})
          .leaf(
              &C::filters,
              {.name = "filters",
               .doc = "true: it resolves and judges names itself, so it is given the name; else it "
                      "is given an address that the policy has passed",
               .origin = kOurs})
          .shorthand("url")
          .check(check_proxy)
          .build();
  return section;
}

const Section& route_section() {
  using C = RouteConfig;
  static const Section section =
      SectionBuilder<C>("a route", "By which way the requests for some hosts leave.")
          .leaf(&C::hosts, {.name = "hosts",
                            .doc = "URL patterns",
                            .origin = kOurs,
                            .presence = Presence::required,
                            .format = Format::one_or_more})
          .leaf(&C::via,
                {.name = "via",
                 .doc = "`direct`, or names of `proxies`: taken in turn, those that fail rest "
                        "for a while; absent: direct",
                 .origin = kOurs,
                 .format = Format::one_or_more})
          .leaf(&C::source, {.name = "source",
                             .doc = "A local address, or `if:NAME` for an interface",
                             .origin = kOurs})
          .check(check_route)
          .build();
  return section;
}

void check_hosts(const Node& root, Context& context, const WebConfig& config) {
  const auto refuse = [&](std::string_view key, policy::UrlRulesConfig alone) {
    const auto rules = policy::UrlRules::compile(std::move(alone), policy::AddressRules());
    const auto* entry = root.find(key);
    if (rules || entry == nullptr) return;
    context.error(entry->value->mark, std::string(key), reason_of(rules.error()));
  };
  policy::UrlRulesConfig tld;
  tld.extra_tld = config.extra_tld;
  refuse("extra_tld", std::move(tld));
  policy::UrlRulesConfig hosts;
  hosts.always_allow_hosts = config.always_allow_hosts;
  refuse("always_allow_hosts", std::move(hosts));
}

void check_routes(const Node& root, Context& context, const WebConfig& config) {
  const auto known = [&](std::string_view name) {
    return name == kDirect || std::ranges::any_of(config.proxies, [&](const ProxyConfig& proxy) {
             return proxy.name == name;
           });
  };
  for (std::size_t i = 0; i < config.routes.size(); ++i) {
    for (const auto& name : config.routes[i].via) {
      if (known(name)) continue;
      context.error(root.find("routes")->mark, fmt::format("routes[{}].via", i),
                    fmt::format("got \"{}\", which is neither direct nor one of proxies", name));
    }
  }
}

}  // namespace gvm::config
