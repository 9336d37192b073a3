#pragma once
// The manager as a whole: listens, answers hosts, runs both modules until it is told to end.
#include "base/error.h"
#include "base/log.h"
#include "config/environment.h"
#include "manager/options.h"

namespace gvm::manager {

// Blocks. The exit code: 0 after a signal or the parent's end. Errors: LISTEN_FAILED,
// EXECUTIONS_FAILED, INVALID_CONFIG.
Result<int> run_manager(const Options& options, const config::Environment& environment,
                        log::Logger logger);

}  // namespace gvm::manager
