#include "serve/hub.h"

#include <algorithm>

namespace gvm::serve {
namespace {

constexpr Clock::duration kIdleTick = std::chrono::seconds(1);

}  // namespace

Hub::Hub(net::Lane& lane, std::shared_ptr<Core> core)
    : lane_(lane), core_(std::move(core)), timer_(lane.context()) {}

void Hub::add(Watched& watched) {
  watched.slot_ = watched_.size();
  watched_.push_back(&watched);
  watch(Clock::now() + kIdleTick);
}

void Hub::remove(Watched& watched) {
  watched_.back()->slot_ = watched.slot_;
  watched_[watched.slot_] = watched_.back();
  watched_.pop_back();
}

void Hub::arm(Clock::time_point due) {
  next_tick_ = due;
  timer_.expires_at(due);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->tick();
  });
}

// Backwards, because what is visited may remove itself: then one that was visited before takes its
// place.
template <class F>
void Hub::for_each(F&& visit) {
  for (std::size_t i = watched_.size(); i-- > 0;) {
    if (i < watched_.size()) visit(*watched_[i]);
  }
}

void Hub::tick() {
  const auto now = Clock::now();
  next_tick_ = Clock::time_point::max();
  if (now >= grace_end_) {
    grace_end_ = Clock::time_point::max();
    abort();
  }
  if (watched_.empty()) return;
  auto due = std::min(now + kIdleTick, grace_end_);
  for_each([&](Watched& one) { due = std::min(due, one.on_tick(now)); });
  watch(due);
}

void Hub::drain(Clock::time_point grace_end) {
  draining_ = true;
  grace_end_ = grace_end;
  watch(grace_end);
  for_each([](Watched& one) { one.drain(); });
}

void Hub::abort() {
  draining_ = true;
  for_each([](Watched& one) { one.abort(); });
}

}  // namespace gvm::serve
