#include "web/network_of_config.h"

#include <filesystem>

#include "egress/proxy.h"
#include "net/resolver.h"

namespace gvm::web {

Result<std::shared_ptr<const policy::UrlRules>> url_rules_of(const config::WebConfig& config) {
  policy::UrlRulesConfig rules;
  rules.extra_tld = config.extra_tld;
  rules.always_allow_hosts = config.always_allow_hosts;
  policy::AddressRulesConfig addresses;
  auto compiled =
      policy::UrlRules::compile(std::move(rules), policy::AddressRules(std::move(addresses)));
  if (!compiled) return fail(std::move(compiled).error());
  return std::make_shared<const policy::UrlRules>(std::move(*compiled));
}

Result<Network> network_of(const config::WebConfig& config) {
  auto rules = url_rules_of(config);
  if (!rules) return fail(std::move(rules).error());
  Network network;
  network.rules = std::move(*rules);
  return network;
}

net::ResolverOptions resolver_options_of(const config::WebConfig& config) {
  net::ResolverOptions options;
  options.max_ttl = config.common.http.dns_cache;
  return options;
}

PageSettings page_settings_of(const config::WebConfig& config, const Network& network) {
  PageSettings settings;
  settings.longest_wait = config.max_wait_after_loaded;
  egress::SlotPolicy reach;
  reach.rules = network.rules;
  settings.reach = std::make_shared<const egress::SlotPolicy>(std::move(reach));
  return settings;
}

browser::PoolOptions pool_options_of(const config::WebConfig& config) {
  browser::PoolOptions options;
  options.webdriver_host = config.webdriver_host;
  options.session_create_request = config.session_create_request;
  options.cell.runtime_dir = std::filesystem::temp_directory_path() / "genvm-web";
  return options;
}

}  // namespace gvm::web
