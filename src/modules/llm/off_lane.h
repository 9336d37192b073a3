#pragma once
// Questions that block, for lanes: answered one after the other on a thread of its own, which
// starts with the first one.
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "store/codes.h"
#include "store/one_shot.h"

namespace gvm::llm {

class OffLane {
 public:
  static constexpr int kMostWaiting = 16;

  OffLane() = default;
  // Waits for the question that is being answered; the others are forgotten.
  ~OffLane() {
    if (pool_) pool_->stop();
  }
  OffLane(const OffLane&) = delete;
  OffLane& operator=(const OffLane&) = delete;

  // LEDGER_UNAVAILABLE when too many wait, CANCELLED when the asking coroutine was cancelled.
  template <class T>
  boost::asio::awaitable<Result<T>> ask(std::function<Result<T>()> question) {
    const auto executor = co_await boost::asio::this_coro::executor;
    auto shot = std::make_shared<store::OneShot<T>>(executor);
    if (waiting_.fetch_add(1) >= kMostWaiting) {
      waiting_.fetch_sub(1);
      co_return fail(codes::kLedgerUnavailable, Fatality::user, "too many questions wait");
    }
    boost::asio::post(pool(), [this, shot, question = std::move(question)] {
      store::OneShot<T>::answer(shot, question());
      waiting_.fetch_sub(1);
    });
    auto answered = co_await store::OneShot<T>::wait(shot);
    co_return answered;
  }

 private:
  boost::asio::thread_pool& pool() {
    const std::lock_guard lock(mutex_);
    if (!pool_) pool_.emplace(1);
    return *pool_;
  }

  std::mutex mutex_;
  std::atomic<int> waiting_{0};
  std::optional<boost::asio::thread_pool> pool_;
};

}  // namespace gvm::llm
