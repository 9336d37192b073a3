#include "serve/connection_registry.h"

#include <algorithm>

namespace gvm::serve {
namespace {

constexpr Clock::duration kIdleTick = std::chrono::seconds(1);

}  // namespace

ConnectionRegistry::ConnectionRegistry(net::Lane& lane, std::shared_ptr<Core> core)
    : lane_(lane),
      core_(std::move(core)),
      delay_(lane.executor(), {core_, &core_->counters[lane.index()]->rounds},
             core_->options.max_lane_delay),
      timer_(lane.context()) {}

void ConnectionRegistry::add(TrackedConnection& watched) {
  watched.slot_ = tracked_.size();
  tracked_.push_back(&watched);
  watch(Clock::now() + kIdleTick);
}

void ConnectionRegistry::remove(TrackedConnection& watched) {
  tracked_.back()->slot_ = watched.slot_;
  tracked_[watched.slot_] = tracked_.back();
  tracked_.pop_back();
}

void ConnectionRegistry::arm(Clock::time_point due) {
  next_tick_ = due;
  timer_.expires_at(due);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->tick();
  });
}

// Backwards, because what is visited may remove itself: then one that was visited before takes its
// place.
template <class F>
void ConnectionRegistry::for_each(F&& visit) {
  for (std::size_t i = tracked_.size(); i-- > 0;) {
    if (i < tracked_.size()) visit(*tracked_[i]);
  }
}

void ConnectionRegistry::tick() {
  const auto now = Clock::now();
  next_tick_ = Clock::time_point::max();
  if (now >= grace_end_) {
    grace_end_ = Clock::time_point::max();
    abort();
  }
  if (tracked_.empty()) return;
  auto due = std::min(now + kIdleTick, grace_end_);
  for_each([&](TrackedConnection& one) { due = std::min(due, one.on_tick(now)); });
  watch(due);
}

bool ConnectionRegistry::make_way() {
  const auto since = [](const TrackedConnection* one) { return one->waits_since(); };
  const auto longest = std::ranges::min_element(tracked_, {}, since);
  if (longest == tracked_.end() || since(*longest) == Clock::time_point::max()) return false;
  (*longest)->abort();
  return true;
}

void ConnectionRegistry::drain(Clock::time_point grace_end) {
  draining_ = true;
  grace_end_ = grace_end;
  watch(grace_end);
  for_each([](TrackedConnection& one) { one.drain(); });
}

void ConnectionRegistry::abort() {
  draining_ = true;
  for_each([](TrackedConnection& one) { one.abort(); });
}

}  // namespace gvm::serve
