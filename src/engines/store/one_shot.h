#pragma once
// An answer that another thread makes and a lane awaits. After the wait has ended, nothing of the
// lane is used, so the lane may be destroyed before the answer comes. A Reservation in an answer
// that nobody awaits any more is released.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "base/error_codes.h"

namespace gvm::store {

template <class T>
class OneShot {
 public:
  explicit OneShot(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  // On any thread; call once.
  static void answer(std::shared_ptr<OneShot> shot, Result<T> value) {
    const std::lock_guard lock(shot->mutex_);
    if (shot->over_) return;
    shot->value_.emplace(std::move(value));
    boost::asio::post(shot->executor_, [shot] {
      if (shot->timer_ != nullptr) shot->timer_->cancel();
    });
  }

  // On the executor's thread, once, right after the request was sent. CANCELLED.
  static boost::asio::awaitable<Result<T>> wait(std::shared_ptr<OneShot> shot) {
    constexpr auto kToken = boost::asio::as_tuple(boost::asio::use_awaitable);
    boost::asio::steady_timer timer(shot->executor_, boost::asio::steady_timer::time_point::max());
    const Waiting waiting(*shot, timer);
    if (!shot->answered()) {
      const auto [ended] = co_await timer.async_wait(kToken);
      (void)ended;
    }
    if (!shot->answered())
      co_return fail(codes::kCancelled, Fatality::fatal, "waiting for the ledger was cancelled");
    co_return std::move(*shot->value_);
  }

 private:
  // While it exists, an answer wakes the waiting coroutine. It ends with the coroutine's frame.
  class Waiting {
   public:
    Waiting(OneShot& shot, boost::asio::steady_timer& timer) : shot_(shot) {
      shot_.timer_ = &timer;
    }
    ~Waiting() {
      shot_.timer_ = nullptr;
      const std::lock_guard lock(shot_.mutex_);
      shot_.over_ = true;
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

   private:
    OneShot& shot_;
  };

  bool answered() {
    const std::lock_guard lock(mutex_);
    return value_.has_value();
  }

  boost::asio::any_io_executor executor_;
  boost::asio::steady_timer* timer_ = nullptr;  // belongs to the lane's thread
  std::mutex mutex_;
  std::optional<Result<T>> value_;
  bool over_ = false;
};

}  // namespace gvm::store
