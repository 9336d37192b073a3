#include "serve/history_clock.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "serve/http_pages.h"

namespace gvm::serve {

HistoryClock::HistoryClock(net::Lane& lane, std::shared_ptr<Core> core)
    : lane_(lane), core_(std::move(core)), timer_(lane.context()) {}

void HistoryClock::start() {
  asio::post(lane_.executor(), [self = shared_from_this()] { self->tick(); });
}

void HistoryClock::stop() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(stopped_, true)) return;
  asio::post(lane_.executor(), [self = shared_from_this()] { self->timer_.cancel(); });
}

void HistoryClock::tick() {
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  core_->history.take(metrics_text(*core_), std::chrono::system_clock::now());
  timer_.expires_after(History::kInterval);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->tick();
  });
}

}  // namespace gvm::serve
