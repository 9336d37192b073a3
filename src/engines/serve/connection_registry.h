#pragma once
// The connections of one lane, and one timer for all their time limits. Used only on the lane's
// thread.
//
// A timer for every message would cost more than the message. Instead, a session says when it must
// be checked next. Limits are kept to the millisecond; an idle lane is checked
// once a second.
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <vector>

#include "base/deadline.h"
#include "net/lane.h"
#include "serve/core.h"

namespace gvm::serve {

class ConnectionRegistry;

// A connection as the registry sees it.
class TrackedConnection {
 public:
  virtual ~TrackedConnection() = default;
  // Enforces the limits that are due; returns when it must be checked next.
  virtual Clock::time_point on_tick(Clock::time_point now) = 0;
  // Shutdown: end as soon as no request runs.
  virtual void drain() = 0;
  // End now.
  virtual void abort() = 0;
  // Since when it has been waiting for its peer to ask something, if it makes way for others
  // meanwhile; the end of time: it does not.
  virtual Clock::time_point waits_since() const { return Clock::time_point::max(); }

 private:
  friend class ConnectionRegistry;
  std::size_t slot_ = 0;
};

class ConnectionRegistry : public std::enable_shared_from_this<ConnectionRegistry> {
 public:
  ConnectionRegistry(net::Lane& lane, std::shared_ptr<Core> core);

  net::Lane& lane() { return lane_; }
  Core& core() { return *core_; }
  LaneCounters& counters() { return *core_->counters[lane_.index()]; }

  LaneDelay& delay() { return delay_; }

  void add(TrackedConnection& watched);
  void remove(TrackedConnection& watched);
  // A connection must be checked at `due`.
  void watch(Clock::time_point due) {
    if (due < next_tick_) arm(due);
  }

  // Ends the one that has waited longest; false when none waits.
  bool make_way();

  void drain(Clock::time_point grace_end);
  void abort();
  bool draining() const { return draining_; }

 private:
  void arm(Clock::time_point due);
  void tick();
  template <class F>
  void for_each(F&& visit);

  net::Lane& lane_;
  std::shared_ptr<Core> core_;
  LaneDelay delay_;
  asio::steady_timer timer_;
  Clock::time_point next_tick_ = Clock::time_point::max();
  Clock::time_point grace_end_ = Clock::time_point::max();
  bool draining_ = false;
  std::vector<TrackedConnection*> tracked_;
};

}  // namespace gvm::serve
