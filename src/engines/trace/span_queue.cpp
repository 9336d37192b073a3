#include "trace/span_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace gvm::trace {

// The sending thread wakes by itself twice a second; a lane wakes it only for a whole batch.
void SpanQueue::push(std::vector<SpanData> spans) {
  const std::size_t count = spans.size();
  bool full_batch = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || spans_ + count > most_) return count_dropped(count);
    full_batch = spans_ < kBatch && spans_ + count >= kBatch;
    spans_ += count;
    waiting_.push_back(std::move(spans));
  }
  if (full_batch) changed_.notify_one();
}

std::vector<SpanData> SpanQueue::take(std::chrono::milliseconds span) {
  std::vector<SpanData> batch;
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, span, [this] { return closed_ || spans_ >= kBatch; });
  while (!waiting_.empty() && batch.size() < kBatch) {
    auto& first = waiting_.front();
    std::ranges::move(first, std::back_inserter(batch));
    spans_ -= first.size();
    waiting_.pop_front();
  }
  return batch;
}

bool SpanQueue::pause(std::chrono::milliseconds span) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, span, [this] { return closed_; });
}

void SpanQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

bool SpanQueue::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

std::size_t SpanQueue::size() const {
  const std::lock_guard lock(mutex_);
  return spans_;
}

}  // namespace gvm::trace
