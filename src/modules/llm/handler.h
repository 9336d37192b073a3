#pragma once
// The LLM module as the server sees it: one LlmService a process, one session handler a connection.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "config/environment.h"
#include "config/llm_config.h"
#include "provider/catalog.h"
#include "provider/counters.h"
#include "script/script.h"
#include "scripted/module_parts.h"
#include "serve/service.h"

namespace gvm::llm {

// Loads the script, builds the catalogue, opens prices and ledger. INVALID_CONFIG when the script
// or the prices do not load, and the errors of ledger::open_ledger.
// The service is destroyed after its lanes have stopped.
Result<std::unique_ptr<serve::Service>> make_llm_service(
    std::shared_ptr<const config::LlmConfig> config, const config::Environment& environment,
    const scripted::ModuleParts& parts);

// Compiles the script that the configuration names and runs its top level, under its limits: a part
// of the start, also for tools that judge a configuration. Opens no socket and no ledger.
// INVALID_CONFIG names the file, and what the script's own message names: file, line, reason.
Result<std::shared_ptr<const script::Program>> load_script(const config::LlmConfig& config);
// Whether lib.rs.filter_image takes the image filters under `greybox`. INVALID_CONFIG names file,
// line, key and the form it takes.
Result<void> check_image_filters(const config::GreyboxConfig& greybox);
// What it is loaded with.
script::ProgramOptions script_options(const config::LlmConfig& config);

// Builds everything that sessions under `config` need, and changes nothing until the result is
// called. Ledger, health of candidates and counters go on. The errors of make_llm_service(), and
// INVALID_CONFIG for a http.ca_file that is not usable. Keys that need a restart have their old
// values in `config` (config::keep_until_restart). One reload at a time, not on a lane.
Result<scripted::Commit> prepare_reload(serve::Service& service,
                                        std::shared_ptr<const config::LlmConfig> config,
                                        const config::Environment& environment,
                                        const scripted::ModuleParts& parts);

// What the module has learned about its candidates, for the process that takes over from this one,
// and of the process before, before the first session. `service` is of make_llm_service().
std::string hand_over(serve::Service& service);
void take_over(serve::Service& service, std::string_view known);

// Everything scripts of this module may call, for the reference page too.
script::HostTable host_table(const config::LlmConfig& config);

}  // namespace gvm::llm
