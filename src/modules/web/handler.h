#pragma once
// The web module as a service: builds what sessions share from the configuration.
#include <chrono>
#include <memory>

#include "config/web_config.h"
#include "script/script.h"
#include "scripted/module_parts.h"
#include "serve/service.h"

namespace gvm::web {

// The rows a web script sees: the common ones and web.rs.
Result<script::HostTable> host_table(const config::WebConfig& config);

// Compiles the script that the configuration names and runs its top level, under its limits: a part
// of the start, also for tools that judge a configuration. Opens no socket and no browser.
// INVALID_CONFIG names the file, and what the script's own message names: file, line, reason; or
// what is wrong with the lists of the policy.
Result<std::shared_ptr<const script::Program>> load_script(const config::WebConfig& config);
// What it is loaded with.
Result<script::ProgramOptions> script_options(const config::WebConfig& config);

class WebModule : public serve::Service {
 public:
  // GET /render by this module's browsers, for a server of its own. Lives as long as the module.
  virtual serve::Service& render_service() = 0;
  // From the main thread while the lanes run. A browser that is needed and cannot be had is an
  // error (CREATING_SESSION) that says what to do; one that may be missing is logged.
  virtual Result<void> check_browsers() = 0;
  // Ends every browser; waits for it at most `patience`.
  virtual void stop_browsers(std::chrono::milliseconds patience) = 0;
  // Builds everything that sessions under `config` need, and changes nothing until the result is
  // called. Browsers and counters go on. The errors of make_web_module(), and INVALID_CONFIG for a
  // http.ca_file that is not usable. Keys that need a restart have their old values in `config`
  // (config::keep_until_restart). One reload at a time, not on a lane.
  virtual Result<scripted::Commit> prepare_reload(std::shared_ptr<const config::WebConfig> config,
                                                  const scripted::ModuleParts& parts) = 0;
};

// Errors (INVALID_CONFIG) name what is wrong with the script, the lists of the policy, a route or a
// signing key.
Result<std::unique_ptr<WebModule>> make_web_module(std::shared_ptr<const config::WebConfig> config,
                                                   const scripted::ModuleParts& parts);

}  // namespace gvm::web
