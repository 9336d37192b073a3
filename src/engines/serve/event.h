#pragma once
// Lets coroutines of one lane wait for each other: set() wakes whoever waits; without a waiter it
// does nothing, so a waiter checks its condition in a loop.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/deadline.h"

namespace gvm::serve {

namespace asio = boost::asio;

class Event {
 public:
  explicit Event(asio::io_context::executor_type executor)
      : timer_(executor, Clock::time_point::max()) {}

  void set() { timer_.cancel(); }

  asio::awaitable<void> wait() {
    const auto [ignored] = co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    (void)ignored;
  }
  // Until set() or for `span`.
  asio::awaitable<void> wait_for(Clock::duration span) {
    timer_.expires_after(span);
    const auto [ignored] = co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    (void)ignored;
  }

 private:
  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, asio::io_context::executor_type>
      timer_;
};

}  // namespace gvm::serve
