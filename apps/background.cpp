#include "apps/background.h"

#include <csignal>
#include <utility>

namespace gvm::apps {

Background::Background() : thread_([this] { work(); }) {}

void Background::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (!closed_) {
      tasks_.push_back(std::move(task));
      changed_.notify_one();
      return;
    }
  }
  task();
}

void Background::close() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) return;
  }
  changed_.notify_one();
  thread_.join();
}

void Background::work() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    const auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
  }
}

}  // namespace gvm::apps
