#pragma once
// An answer made on another thread and awaited on a lane. A wait that is cancelled drops the answer
// when it comes; a Reservation in it is released by that.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/error_codes.h"

namespace gvm::store {

template <class T>
class OneShot {
 public:
  explicit OneShot(const boost::asio::any_io_executor& executor) : timer_(executor) {
    timer_.expires_at(boost::asio::steady_timer::time_point::max());
  }

  // On any thread, once, while the lane's context lives.
  static void answer(const std::shared_ptr<OneShot>& shot, Result<T> value) {
    const auto executor = shot->timer_.get_executor();
    boost::asio::post(executor, [shot, value = std::move(value)]() mutable {
      shot->value_.emplace(std::move(value));
      shot->timer_.cancel();
    });
  }

  // On the executor's thread.
  static boost::asio::awaitable<Result<T>> wait(std::shared_ptr<OneShot> shot) {
    constexpr auto kToken = boost::asio::as_tuple(boost::asio::use_awaitable);
    if (!shot->value_) {
      const auto [ended] = co_await shot->timer_.async_wait(kToken);
      (void)ended;
    }
    if (!shot->value_)
      co_return fail(codes::kCancelled, Fatality::fatal, "waiting for the ledger was cancelled");
    co_return std::move(*shot->value_);
  }

 private:
  boost::asio::steady_timer timer_;
  std::optional<Result<T>> value_;
};

}  // namespace gvm::store
