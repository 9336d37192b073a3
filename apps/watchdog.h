#pragma once
// What a module does about a stuck lane (`watchdog` of the configuration).
#include <memory>

#include "base/log.h"
#include "config/operation_config.h"
#include "net/lane_watchdog.h"
#include "serve/stuck_lanes.h"

namespace gvm::apps {

// Counts it in `found`, and logs the lane and its stack; with the action `abort` it then ends the
// process by SIGABRT (exit status 134 in a shell), without a core dump. The service manager or the
// manager starts another.
net::WatchdogActions watchdog_actions(const config::WatchdogConfig& config, log::Logger logger,
                                      std::shared_ptr<serve::StuckLanes> found);

}  // namespace gvm::apps
