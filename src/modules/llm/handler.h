#pragma once
// The LLM module as the server sees it: one LlmService a process, one session handler a connection.
#include <memory>
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

// Everything scripts of this module may call, for the reference page too.
script::HostTable host_table(const config::LlmConfig& config);

}  // namespace gvm::llm
