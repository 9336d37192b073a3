#pragma once
// Coroutines that run independently of their starter and are joined at the end. On one executor.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <memory>

namespace gvm::browser {

class Tasks {
 public:
  explicit Tasks(boost::asio::any_io_executor executor)
      : state_(std::make_shared<State>(executor)) {}

  // Everything `work` refers to must outlive it: pass it a shared pointer.
  void spawn(boost::asio::awaitable<void> work);
  // Returns once none is running, including those started meanwhile.
  boost::asio::awaitable<void> drain();
  std::size_t running() const { return state_->running; }

 private:
  struct State {
    explicit State(boost::asio::any_io_executor e) : executor(e), ended(e) {}
    boost::asio::any_io_executor executor;
    boost::asio::steady_timer ended;  // cancelled when the last one ends
    std::size_t running = 0;
  };
  std::shared_ptr<State> state_;
};

}  // namespace gvm::browser
