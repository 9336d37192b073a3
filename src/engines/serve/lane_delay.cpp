#include "serve/lane_delay.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <ctime>
#include <utility>

namespace gvm::serve {
namespace {

// A round that ended longer ago was of another load.
constexpr Clock::duration kFresh = std::chrono::milliseconds(50);

Clock::duration cpu_time_of_this_thread() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::duration_cast<Clock::duration>(std::chrono::seconds(used.tv_sec) +
                                                     std::chrono::nanoseconds(used.tv_nsec));
}

}  // namespace

LaneDelay::LaneDelay(asio::io_context::executor_type lane, std::shared_ptr<Durations> rounds,
                     Clock::duration limit)
    : lane_(std::move(lane)),
      state_(std::make_shared<State>(
          State{.rounds = std::move(rounds), .budget = LaneBudget(limit)})) {}

// Always looked at, so that the metrics say what the delay is before somebody limits it.
bool LaneDelay::take_request() {
  const auto delay = look();
  return state_->budget.take(Clock::now(), delay);
}

void LaneDelay::request_ended() {
  auto& budget = state_->budget;
  budget.request_ended(budget.wants_cpu() ? cpu_time_of_this_thread() : Clock::duration::zero());
}

Clock::duration LaneDelay::look() {
  const auto now = Clock::now();
  const auto last = now - state_->ended < kFresh ? state_->last : Clock::duration::zero();
  if (state_->under_way) return std::max(last, now - state_->began);
  state_->under_way = true;
  state_->began = now;
  asio::post(lane_, [state = state_] {
    state->under_way = false;
    state->ended = Clock::now();
    state->last = state->ended - state->began;
    state->rounds->add(state->last);
    state->budget.round_ended(state->last);
  });
  return last;
}

}  // namespace gvm::serve
