#pragma once
// The web module as a service: builds what sessions share from the configuration.
#include <chrono>
#include <memory>

#include "base/redactor.h"
#include "config/web_config.h"
#include "net/lane.h"
#include "script/script.h"
#include "serve/service.h"

namespace gvm::web {

// The rows a web script sees: the common ones and web.rs.
Result<script::HostTable> host_table(const config::WebConfig& config);

class WebModule : public serve::Service {
 public:
  // GET /render by this module's browsers, for a server of its own. Lives as long as the module.
  virtual serve::Service& render_service() = 0;
  // From the main thread while the lanes run. A browser that is needed and cannot be had is an
  // error (CREATING_SESSION) that says what to do; one that may be missing is logged.
  virtual Result<void> check_browsers() = 0;
  // Ends every browser; waits for it at most `patience`.
  virtual void stop_browsers(std::chrono::milliseconds patience) = 0;
};

// Errors (INVALID_CONFIG) name what is wrong with the script, the lists of the policy, a route or a
// signing key. `lanes` outlives the service; `http` are the options of their clients.
Result<std::unique_ptr<WebModule>> make_web_module(std::shared_ptr<const config::WebConfig> config,
                                                   std::shared_ptr<const Redactor> redactor,
                                                   log::Logger logger, net::Lanes& lanes,
                                                   const net::HttpClientOptions& http);

}  // namespace gvm::web
