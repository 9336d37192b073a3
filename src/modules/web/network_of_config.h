#pragma once
// From the configuration to what requests go by.
#include "config/web_config.h"
#include "policy/url_rules.h"
#include "web/pages.h"
#include "web/sender.h"

namespace gvm::web {

// INVALID_CONFIG naming the entry that is wrong.
Result<std::shared_ptr<const policy::UrlRules>> url_rules_of(const config::WebConfig& config);
Result<Network> network_of(const config::WebConfig& config, const log::Logger& logger);
net::ResolverOptions resolver_options_of(const config::WebConfig& config);
// Without what only the process knows: the pool, the driver's URL.
PageSettings page_settings_of(const config::WebConfig& config, const Network& network);
// Of the sessions' browsers.
browser::PoolOptions pool_options_of(const config::WebConfig& config);
// Of the rendering service, where that has other browsers (WebConfig::serves_apart).
PageSettings service_page_settings_of(const config::WebConfig& config, PageSettings of_sessions);
browser::PoolOptions service_pool_options_of(const config::WebConfig& config);

}  // namespace gvm::web
