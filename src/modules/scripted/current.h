#pragma once
// The configuration that new sessions begin with. Any thread.
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace gvm::scripted {

// `T` is a module's shared context (ModuleContext).
template <class T>
class Current {
 public:
  explicit Current(std::shared_ptr<const T> first) : now_(std::move(first)) {}

  // A session takes it once, at its start, so that nothing of it is of two configurations.
  std::shared_ptr<const T> get() const {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  // Gives the one before.
  std::shared_ptr<const T> replace(std::shared_ptr<const T> next) {
    const std::lock_guard lock(mutex_);
    std::erase_if(earlier_, [](const auto& one) { return one.expired(); });
    earlier_.push_back(now_);
    return std::exchange(now_, std::move(next));
  }
  // Configurations that sessions still have, the present one not counted.
  std::size_t earlier() const {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (const auto& one : earlier_) count += one.expired() ? 0 : 1;
    return count;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> now_;
  std::vector<std::weak_ptr<const T>> earlier_;
};

}  // namespace gvm::scripted
