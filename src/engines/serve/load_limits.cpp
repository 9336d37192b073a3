#include "serve/load_limits.h"

#include <chrono>
#include <string>

#include "serve/codes.h"

namespace gvm::serve {
namespace {

constexpr Clock::duration kBetweenReliefs = std::chrono::seconds(1);

std::int64_t nanoseconds(Clock::time_point when) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch()).count();
}

std::string milliseconds(Clock::duration span) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(span).count()) +
         " ms";
}

}  // namespace

LoadLimits::LoadLimits(const ServerOptions& options)
    : max_requests_(options.max_requests),
      max_memory_(options.max_memory),
      max_lane_delay_(options.max_lane_delay),
      on_memory_full_(options.on_memory_full) {}

std::expected<RequestPlace, Overload> LoadLimits::begin_request(LaneDelay& lane) {
  if (!lane.take_request()) return std::unexpected(Overload::lane_delay);
  if (memory_is_full()) return std::unexpected(Overload::memory);
  RequestPlace place(running_);
  if (++running_ > max_requests_ && max_requests_ > 0) return std::unexpected(Overload::requests);
  return place;
}

std::expected<void, Overload> LoadLimits::check_session() {
  if (memory_is_full()) return std::unexpected(Overload::memory);
  return {};
}

bool LoadLimits::memory_is_full() {
  if (max_memory_ == 0 || memory_.bytes() <= max_memory_) return false;
  const auto now = Clock::now();
  auto due = next_relief_ns_.load();
  if (on_memory_full_ && nanoseconds(now) >= due &&
      next_relief_ns_.compare_exchange_strong(due, nanoseconds(now + kBetweenReliefs)))
    on_memory_full_();
  return true;
}

Error LoadLimits::error(Overload overload) const {
  const auto index = static_cast<std::size_t>(overload);
  std::string limit;
  if (overload == Overload::requests) limit = std::to_string(max_requests_) + " requests at a time";
  if (overload == Overload::memory) limit = std::to_string(max_memory_) + " bytes";
  if (overload == Overload::lane_delay) limit = milliseconds(max_lane_delay_);
  return Error(codes::kOverloaded, Fatality::fatal,
               std::string("the module is overloaded: the limit serve.") + kOverloadNames[index] +
                   " (" + limit + ") is reached, try again later")
      .with("limit", Value::string(kOverloadNames[index]));
}

}  // namespace gvm::serve
