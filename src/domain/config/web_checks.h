#pragma once
// Checks on the web module's file that concern several keys. Internal to config/.
#include "config/reader.h"
#include "config/web_config.h"

namespace gvm::config {

// extra_tld and always_allow_hosts.
void check_hosts(const Node& root, Context& context, const WebConfig& config);
// Routes may only name proxies that are configured.
void check_routes(const Node& root, Context& context, const WebConfig& config);

}  // namespace gvm::config
