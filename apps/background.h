#pragma once
// A thread for what is no lane's: it builds a configuration at a reload, and frees old ones. It has
// the usual priority: the worker threads that a configuration starts (files, databases, pictures)
// inherit it.
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace gvm::apps {

class Background {
 public:
  Background();
  ~Background() { close(); }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  // One task after the other. After close() the task runs here and now.
  void post(std::function<void()> task);
  // Waits for all tasks.
  void close();

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool closed_ = false;
  std::thread thread_;
};

}  // namespace gvm::apps
