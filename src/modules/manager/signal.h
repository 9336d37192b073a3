#pragma once
// Lets any number of coroutines of one thread wait for something to change. They look again
// afterwards: set() may have been for another one.
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

#include "base/deadline.h"

namespace gvm::manager {

namespace asio = boost::asio;

class Signal {
 public:
  explicit Signal(asio::io_context& context) : context_(context) {}
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  void set() {
    for (auto* waiter : waiters_) waiter->timer.cancel();
  }
  // Until set(), or the deadline. The signal outlives the wait.
  asio::awaitable<void> wait(Deadline deadline) {
    Waiter waiter(*this, deadline);
    const auto [ignored] = co_await waiter.timer.async_wait(asio::as_tuple(asio::use_awaitable));
    (void)ignored;
  }

 private:
  struct Waiter {
    Waiter(Signal& of, Deadline deadline) : signal(of), timer(of.context_, deadline.when()) {
      signal.waiters_.push_back(this);
    }
    ~Waiter() { std::erase(signal.waiters_, this); }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    Signal& signal;
    asio::steady_timer timer;
  };

  asio::io_context& context_;
  std::vector<Waiter*> waiters_;
};

// One coroutine at a time; the others wait in no order. Kept by its owner for the time of the work.
class Turn {
 public:
  explicit Turn(asio::io_context& context) : free_(context) {}

  static constexpr std::size_t kMostWaiting = 64;
  // False: too many wait already.
  asio::awaitable<bool> take() {
    if (waiting_ >= kMostWaiting) co_return false;
    ++waiting_;
    while (taken_) {
      auto waiting = free_.wait(Deadline::never());
      co_await std::move(waiting);
    }
    --waiting_;
    taken_ = true;
    co_return true;
  }
  void give_back() {
    taken_ = false;
    free_.set();
  }

 private:
  Signal free_;
  std::size_t waiting_ = 0;
  bool taken_ = false;
};

// Gives the turn back when it goes.
class HeldTurn {
 public:
  explicit HeldTurn(Turn& turn) : turn_(turn) {}
  ~HeldTurn() { turn_.give_back(); }
  HeldTurn(const HeldTurn&) = delete;
  HeldTurn& operator=(const HeldTurn&) = delete;

 private:
  Turn& turn_;
};

}  // namespace gvm::manager
