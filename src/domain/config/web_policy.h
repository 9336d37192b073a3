#pragma once
// Converts the web module's settings to the options of policy/.
#include "config/web_config.h"
#include "policy/address.h"
#include "policy/url_rules.h"

namespace gvm::config {

policy::UrlRulesConfig url_rules_config(const WebConfig& config);
// Without the host's own addresses and listeners, which are known only at run time.
policy::AddressRulesConfig address_rules_config(const WebConfig& config);

}  // namespace gvm::config
