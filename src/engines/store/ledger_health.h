#pragma once
// Whether the ledger's disk or database fails at present. Code that reads or writes it reports
// failures and recoveries; every reservation checks. Thread safe; failing() costs one atomic load.
#include <atomic>
#include <mutex>
#include <optional>

#include "base/sampled_logger.h"

namespace gvm::store {

class LedgerHealth {
 public:
  explicit LedgerHealth(log::Logger logger) : log_(std::move(logger)) {}

  void failed(const Error& error) {
    const std::lock_guard lock(mutex_);
    failures_.fetch_add(1, std::memory_order_relaxed);
    if (!error_) log_.error("the ledger fails", {{"error", Value::string(error.to_string())}});
    error_ = error;
    failing_.store(true, std::memory_order_release);
  }
  void recovered() {
    if (!failing()) return;
    const std::lock_guard lock(mutex_);
    if (error_) log_.write(log::Level::info, "the ledger works again");
    error_.reset();
    failing_.store(false, std::memory_order_release);
  }
  bool failing() const { return failing_.load(std::memory_order_acquire); }
  // The latest failure, while it lasts.
  std::optional<Error> error() const {
    const std::lock_guard lock(mutex_);
    return error_;
  }
  // Failures reported since the start.
  std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }

 private:
  // A full disk accepts small writes in between, so every prompt would otherwise log two lines.
  log::SampledLogger log_;
  std::atomic<bool> failing_{false};
  std::atomic<std::uint64_t> failures_{0};
  mutable std::mutex mutex_;
  std::optional<Error> error_;
};

}  // namespace gvm::store
