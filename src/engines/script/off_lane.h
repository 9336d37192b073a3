#pragma once
// Long work on a background thread, while only the session that asked for it waits.
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>

#include "base/error.h"
#include "base/value.h"

namespace gvm::script {

struct OffLaneResult {
  Result<Value> result;
  std::chrono::nanoseconds cpu;  // processor time of the work
};

// Awaited on a lane. `work` runs on another thread and shares nothing with the lane: it owns what
// it reads. All such work of the process takes turns on one thread, of lower priority than the
// lanes. When the wait is cancelled, the work ends for nobody.
boost::asio::awaitable<OffLaneResult> run_off_lane(std::function<Result<Value>()> work);

}  // namespace gvm::script
