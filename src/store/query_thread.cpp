#include "store/query_thread.h"

namespace gvm::store {

bool QueryThread::post(Job job) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || jobs_.size() >= kMostWaiting) return false;
  jobs_.push_back(std::move(job));
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_one();
  return true;
}

void QueryThread::run() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    auto reader = open_();  // anew each time: cheap beside a question, and no stale connection
    job(reader);
  }
}

void QueryThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

}  // namespace gvm::store
