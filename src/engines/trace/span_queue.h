#pragma once
// Ended spans on their way from the lanes to the thread that sends them. Bounded: what does not fit
// is dropped and counted, so a collector that is slow or dead costs no request anything.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "trace/span.h"

namespace gvm::trace {

// Since the process started; they go on when a reload changes the settings. Any thread.
struct Counters {
  std::atomic<std::uint64_t> sent{0};     // spans the collector took
  std::atomic<std::uint64_t> dropped{0};  // spans for which the queue had no room
  std::atomic<std::uint64_t> failed{0};   // spans that could not be delivered
  std::atomic<std::uint64_t> refused{0};  // spans the collector refused within an answer of 2xx
  std::atomic<std::uint64_t> retries{0};  // batches sent again
};

class SpanQueue {
 public:
  static constexpr std::size_t kBatch = 512;  // spans sent at once
  using Names = std::set<std::string, std::less<>>;

  SpanQueue(std::size_t most, Names propagate, std::shared_ptr<Counters> counters)
      : most_(most), propagate_(std::move(propagate)), counters_(std::move(counters)) {}

  // On a lane. All of them or none.
  void push(std::vector<SpanData> spans);
  void count_dropped(std::size_t spans) { counters_->dropped.fetch_add(spans); }
  bool passes_to(std::string_view name) const { return propagate_.contains(name); }
  bool passes_on() const { return !propagate_.empty(); }

  // On the sending thread. What has come within `span`, at once when there is a batch of it or
  // after close(). Empty: nothing has.
  std::vector<SpanData> take(std::chrono::milliseconds span);
  // Until close(), at most `span`. False: it is closed.
  bool pause(std::chrono::milliseconds span);
  void close();
  bool closed() const;
  std::size_t size() const;

 private:
  const std::size_t most_;
  const Names propagate_;
  const std::shared_ptr<Counters> counters_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::vector<SpanData>> waiting_;  // by request
  std::size_t spans_ = 0;
  bool closed_ = false;
};

}  // namespace gvm::trace
