#pragma once
// The web module as a service: builds what sessions share from the configuration.
#include <memory>

#include "base/redactor.h"
#include "config/web_config.h"
#include "net/lane.h"
#include "script/script.h"
#include "serve/service.h"

namespace gvm::web {

// The rows a web script sees: the common ones and web.rs.
Result<script::HostTable> host_table(const config::WebConfig& config);

// Errors (INVALID_CONFIG) name what is wrong with the script, the lists of the policy, a route or a
// signing key. `lanes` and their clients' `http` options outlive the service.
Result<std::unique_ptr<serve::Service>> make_web_service(
    std::shared_ptr<const config::WebConfig> config, std::shared_ptr<const Redactor> redactor,
    log::Logger logger, net::Lanes& lanes, const net::HttpClientOptions& http);

}  // namespace gvm::web
