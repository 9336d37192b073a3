#include "config/web_policy.h"

namespace gvm::config {

namespace {

// The load has already checked these texts.
std::vector<policy::Cidr> networks(const std::vector<std::string>& texts) {
  std::vector<policy::Cidr> out;
  for (const auto& text : texts) {
    if (const auto network = policy::Cidr::parse(text)) out.push_back(*network);
  }
  return out;
}

}  // namespace

policy::UrlRulesConfig url_rules_config(const WebConfig& config) {
  return {.ports = config.policy.ports,
          .tlds = config.policy.tlds,
          .extra_tld = config.extra_tld,
          .always_allow_hosts = config.always_allow_hosts,
          .allow = config.policy.allow,
          .deny = config.policy.deny,
          .max_url_bytes = config.policy.max_url_bytes};
}

policy::AddressRulesConfig address_rules_config(const WebConfig& config) {
  return {.deny = networks(config.policy.deny_addresses),
          .allow = networks(config.policy.allow_addresses),
          .own = {},
          .listeners = {}};
}

}  // namespace gvm::config
