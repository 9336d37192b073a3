#pragma once
// Admission: whether a request may begin, or a session, or whether the process has enough to do
// (docs/adr/0021-admission.md). Shared by all lanes; thread safe.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <utility>

#include "base/error.h"
#include "serve/lane_delay.h"
#include "serve/memory_gauge.h"
#include "serve/metrics.h"
#include "serve/options.h"

namespace gvm::serve {

// A counted place of a running request, given back when it is dropped. The limits outlive it.
class RequestPlace {
 public:
  RequestPlace() = default;
  explicit RequestPlace(std::atomic<std::size_t>& running) : running_(&running) {}
  RequestPlace(RequestPlace&& other) noexcept : running_(std::exchange(other.running_, nullptr)) {}
  RequestPlace& operator=(RequestPlace&& other) noexcept {
    std::swap(running_, other.running_);
    return *this;
  }
  ~RequestPlace() {
    if (running_ != nullptr) --*running_;
  }

 private:
  std::atomic<std::size_t>* running_ = nullptr;
};

class LoadLimits {
 public:
  explicit LoadLimits(const ServerOptions& options);

  // For a request that is next on its lane.
  std::expected<RequestPlace, Overload> begin_request(LaneDelay& lane);
  // For a session that is about to begin. It takes no place: an idle one costs next to nothing.
  // A lane that is late takes sessions: to begin one is cheap, and many begin at once after a
  // restart.
  std::expected<void, Overload> check_session();

  std::size_t running() const { return running_; }
  // OVERLOADED, with the limit's key and value; for the peer and the log.
  Error error(Overload overload) const;

 private:
  bool memory_is_full();

  const std::size_t max_requests_;
  const std::size_t max_memory_;
  const Clock::duration max_lane_delay_;
  const std::function<void()> on_memory_full_;
  std::atomic<std::size_t> running_{0};
  std::atomic<std::int64_t> next_relief_ns_{0};
  MemoryGauge memory_;
};

}  // namespace gvm::serve
