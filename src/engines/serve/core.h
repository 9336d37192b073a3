#pragma once
// What all lanes of one server share: options, limits, counters, the product's service. No I/O
// objects in it, so that it may be dropped on any thread.
#include <atomic>
#include <cstdint>

#include "base/deadline.h"
#include "base/log.h"
#include "base/sampled_logger.h"
#include "serve/connection_limits.h"
#include "serve/history.h"
#include "serve/load_limits.h"
#include "serve/metrics.h"
#include "serve/options.h"
#include "serve/service.h"

namespace gvm::serve {

struct Core {
  Core(ServerOptions given, Service& product, log::Logger logger)
      : options(std::move(given)),
        service(product),
        log(std::move(logger)),
        limits(options),
        load(options) {}

  const ServerOptions options;
  Service& service;
  const log::Logger log;
  log::SampledLogger sampled{log};  // for what a peer can make happen as often as it likes
  ConnectionLimits limits;
  LoadLimits load;
  CountersPerLane counters;  // one a lane; filled before the first connection
  const Clock::time_point started = Clock::now();
  std::atomic<std::uint64_t> next_session{1};
  History history;
};

}  // namespace gvm::serve
