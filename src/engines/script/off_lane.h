#pragma once
// Long work on a background thread, while only the session that asked for it waits.
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/error.h"
#include "base/value.h"

namespace gvm::script {

struct OffLaneResult {
  Result<Value> result;
  std::chrono::nanoseconds cpu;  // processor time of the work
  std::size_t bytes = 0;         // footprint() of the value, counted there
};

// The thread behind the functions below: one for the process, which lives as long as somebody keeps
// it. Every loaded Program does, so that no work runs while the process destroys its static
// objects. Who gives it up last waits for the work that runs; work that has not begun is dropped.
// The first call also bounds what malloc keeps at the end of each thread's heap to 1 MiB.
class Background;
std::shared_ptr<Background> keep_background();

// Awaited on a lane. `work` runs on another thread and shares nothing with the lane: it owns what
// it reads. All such work of the process takes turns on one thread, of lower priority than the
// lanes. When the wait is cancelled, the work still runs to its end and its result is dropped.
boost::asio::awaitable<OffLaneResult> run_off_lane(std::function<Result<Value>()> work);

class Vm;
// The same for the call that `vm` runs: the work's processor time counts as that call's. Whoever
// awaits it is what the session has parked.
boost::asio::awaitable<Result<Value>> run_off_lane(Vm& vm, std::function<Result<Value>()> work);

// Drops what is large on that thread, so that taking it apart holds no lane. Drops it at once when
// no program is loaded.
void drop_off_lane(std::shared_ptr<const void> large);
// The same for a value of `bytes` (footprint()); a small one is dropped here.
void drop_value(Value value, std::size_t bytes);

// After much memory was freed: malloc keeps it, and the background thread hands it back to the
// system half a second later, and once more two seconds after that. Any number of requests until
// then are one. From any thread.
void return_free_memory();
// How often that was done, in this process.
std::uint64_t free_memory_returns();

}  // namespace gvm::script
