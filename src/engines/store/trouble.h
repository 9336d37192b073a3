#pragma once
// Whether the ledger's disk or database fails right now: set and cleared by whoever notices, asked
// before every call. Thread safe; asking costs one load.
#include <atomic>
#include <mutex>
#include <optional>

#include "base/log.h"

namespace gvm::store {

class Trouble {
 public:
  explicit Trouble(log::Logger logger) : logger_(std::move(logger)) {}

  void set(const Error& error) {
    const std::lock_guard lock(mutex_);
    count_.fetch_add(1, std::memory_order_relaxed);
    if (!error_) logger_.error("the ledger fails", {{"error", Value::string(error.to_string())}});
    error_ = error;
    on_.store(true, std::memory_order_release);
  }
  void clear() {
    if (!on()) return;
    const std::lock_guard lock(mutex_);
    if (error_) logger_.info("the ledger works again");
    error_.reset();
    on_.store(false, std::memory_order_release);
  }
  bool on() const { return on_.load(std::memory_order_acquire); }
  std::optional<Error> error() const {
    const std::lock_guard lock(mutex_);
    return error_;
  }
  std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  log::Logger logger_;
  std::atomic<bool> on_{false};
  std::atomic<std::uint64_t> count_{0};
  mutable std::mutex mutex_;
  std::optional<Error> error_;
};

}  // namespace gvm::store
