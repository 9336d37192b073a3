#pragma once
// What concerns several keys of the web module's file. Internal to config/.
#include "config/reader.h"
#include "config/web_config.h"

namespace gvm::config {

// extra_tld and always_allow_hosts.
void check_hosts(const Node& root, Context& context, const WebConfig& config);
// Routes name proxies that are there.
void check_routes(const Node& root, Context& context, const WebConfig& config);

}  // namespace gvm::config
