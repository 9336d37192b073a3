#pragma once
// From the web module's settings to what policy/ takes.
#include "config/web_config.h"
#include "policy/address.h"
#include "policy/url_rules.h"

namespace gvm::config {

policy::UrlRulesConfig url_rules_config(const WebConfig& config);
// Without the host's own addresses and listeners, which only a running module knows.
policy::AddressRulesConfig address_rules_config(const WebConfig& config);

}  // namespace gvm::config
