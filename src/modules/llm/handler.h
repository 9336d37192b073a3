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
#include "serve/service.h"

namespace gvm::llm {

// Loads the script, builds the catalogue, opens prices and ledger. INVALID_CONFIG when the script
// or the prices do not load, and the errors of ledger::open_ledger. `lanes`: how many there are.
// The service is destroyed after its lanes have stopped.
Result<std::unique_ptr<serve::Service>> make_llm_service(
    std::shared_ptr<const config::LlmConfig> config, const config::Environment& environment,
    std::shared_ptr<const Redactor> redactor, log::Logger logger, std::size_t lanes);

// What the module has learned about its candidates, for the process that takes over from this one,
// and of the process before, before the first session. `service` is of make_llm_service().
std::string hand_over(serve::Service& service);
void take_over(serve::Service& service, std::string_view known);

// Everything scripts of this module may call, for the reference page too.
script::HostTable host_table(const config::LlmConfig& config);

}  // namespace gvm::llm
