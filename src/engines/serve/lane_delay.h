#pragma once
// How long a lane takes to come to what has become due: the time of one round through its queue of
// ready work, which everything that comes later waits for. On the lane's thread.
//
// It is measured by a handler that is posted when a request comes and none is under way, so an idle
// lane measures nothing and a busy one once a round.
#include <boost/asio/io_context.hpp>
#include <memory>

#include "base/deadline.h"
#include "serve/lane_budget.h"
#include "serve/metrics.h"

namespace gvm::serve {

namespace asio = boost::asio;

class LaneDelay {
 public:
  // `rounds` gets every measured round. `limit`: of the budget, zero for none.
  LaneDelay(asio::io_context::executor_type lane, std::shared_ptr<Durations> rounds,
            Clock::duration limit);

  // The last whole round, or the present one when that is longer already; zero when the last one is
  // so old that it says nothing. Begins a measurement.
  Clock::duration look();

  // A request may begin: the lane can do it, and comes to it in time.
  bool take_request();
  void request_ended();

 private:
  // Shared with the handler, which may run when the rest is gone.
  struct State {
    std::shared_ptr<Durations> rounds;
    LaneBudget budget;
    bool under_way = false;
    Clock::time_point began{};
    Clock::time_point ended{};
    Clock::duration last{0};
  };

  asio::io_context::executor_type lane_;
  std::shared_ptr<State> state_;
};

}  // namespace gvm::serve
