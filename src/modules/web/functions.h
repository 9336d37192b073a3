#pragma once
// The host functions and constants of `web.rs` (lua-api.md, "lib-web").
#include "config/web_config.h"
#include "policy/url_rules.h"
#include "script/script.h"

namespace gvm::web {

// The URL that scripts see as `webdriver_host` when none is configured; it means the module's own
// driver. Scripts append /session/ID to it.
inline constexpr std::string_view kOwnDriverUrl = "http://webdriver.localhost";

std::string driver_url(const config::WebConfig& config);

// Adds the rows to `table`. Sessions that call them have WebServices.
void add_web_functions(script::HostTable& table, const config::WebConfig& config,
                       std::shared_ptr<const policy::UrlRules> rules);

}  // namespace gvm::web
