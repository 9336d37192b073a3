#pragma once
// Notices a lane that does not come back: each lane answers a question regularly, and one that is
// late is reported with the stack of its thread. A lane is stuck when something computes or blocks
// on it; every session of the lane waits meanwhile.
//
// Time is counted in ticks of the watchdog's own thread. A process that was stopped as a whole (a
// debugger, a suspended machine) is therefore not taken for one with stuck lanes.
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/lane.h"

namespace gvm::net {

struct StuckLane {
  std::size_t lane = 0;
  std::chrono::milliseconds since{0};  // how long the answer is late, at least
  std::vector<std::string> stack;      // net/thread_stack; empty: the thread does not answer at all
};

struct WatchdogActions {
  // Both on the watchdog's thread. Once for each time that a lane is stuck.
  std::function<void(const StuckLane&)> stuck;
  // It has answered again.
  std::function<void(std::size_t lane)> goes_on = [](std::size_t) {};
};

class LaneWatchdog {
 public:
  // The lanes have been started; they outlive it, and are not stopped before it is destroyed. A
  // lane is reported after `limit` to one and a quarter of it.
  LaneWatchdog(Lanes& lanes, std::chrono::milliseconds limit, WatchdogActions actions);
  ~LaneWatchdog();
  LaneWatchdog(const LaneWatchdog&) = delete;
  LaneWatchdog& operator=(const LaneWatchdog&) = delete;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gvm::net
