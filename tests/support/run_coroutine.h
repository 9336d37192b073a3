#pragma once
// Runs a coroutine to its end on a test's own thread; throws when it takes longer than `timeout`.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace gvm::test {

// Runs until `done()` is true or the time is over; returns its last value.
template <class Done>
bool run_until(boost::asio::io_context& context, Done&& done, std::chrono::milliseconds timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (!done() && std::chrono::steady_clock::now() < end) {
    context.restart();
    // Runs in short slices, because the state that `done` checks may change outside of the context.
    context.run_one_for(std::chrono::milliseconds(5));
  }
  return done();
}

template <class T>
T run(boost::asio::io_context& context, boost::asio::awaitable<T> work,
      std::chrono::milliseconds timeout = std::chrono::seconds(60)) {
  auto outcome = std::make_shared<std::optional<T>>();
  boost::asio::co_spawn(context, std::move(work), [outcome](std::exception_ptr failure, T result) {
    if (failure) std::rethrow_exception(failure);
    *outcome = std::move(result);
  });
  if (!run_until(context, [&] { return outcome->has_value(); }, timeout))
    throw std::runtime_error("the work never ended");
  return std::move(**outcome);
}

inline void run(boost::asio::io_context& context, boost::asio::awaitable<void> work,
                std::chrono::milliseconds timeout = std::chrono::seconds(60)) {
  auto ended = std::make_shared<bool>(false);
  boost::asio::co_spawn(context, std::move(work), [ended](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
    *ended = true;
  });
  if (!run_until(context, [&] { return *ended; }, timeout))
    throw std::runtime_error("the work never ended");
}

}  // namespace gvm::test
