#pragma once
// How long something holds the thread of its lane: the longest time that a neighbour waits there,
// in processor time of that thread, so that another program on the machine changes nothing.
#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <ctime>
#include <exception>
#include <utility>

#include "base/error.h"
#include "base/value.h"

namespace gvm::test {

inline std::chrono::nanoseconds cpu_of_thread() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

// Takes a turn whenever it can.
inline boost::asio::awaitable<void> take_turns(const bool* over,
                                               std::chrono::nanoseconds* longest) {
  const auto executor = co_await boost::asio::this_coro::executor;
  while (!*over) {
    const auto before = cpu_of_thread();
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
    *longest = std::max(*longest, cpu_of_thread() - before);
  }
}

struct Turns {
  Result<Value> result;
  std::chrono::nanoseconds longest{};
};

inline Turns longest_turn(boost::asio::io_context& io, boost::asio::awaitable<Result<Value>> work) {
  Turns turns;
  bool over = false;
  const auto rethrow = [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  };
  boost::asio::co_spawn(io, take_turns(&over, &turns.longest), rethrow);
  boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr error, Result<Value> result) {
    rethrow(error);
    turns.result = std::move(result);
    over = true;
  });
  io.restart();
  io.run();
  return turns;
}

}  // namespace gvm::test
