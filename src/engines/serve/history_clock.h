#pragma once
// Fills the history of a server while it runs.
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <mutex>

#include "net/lane.h"
#include "serve/core.h"

namespace gvm::serve {

// Takes the metrics at once and then each History::kInterval, on `lane`. The metrics are not asked
// for any more once stop() has returned. stop() may be called from any thread.
class HistoryClock : public std::enable_shared_from_this<HistoryClock> {
 public:
  HistoryClock(net::Lane& lane, std::shared_ptr<Core> core);
  void start();
  void stop();

 private:
  void tick();

  net::Lane& lane_;
  std::shared_ptr<Core> core_;
  boost::asio::steady_timer timer_;
  std::mutex mutex_;
  bool stopped_ = false;
};

}  // namespace gvm::serve
