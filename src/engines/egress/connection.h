#pragma once
// One connection of the browser: reads the request, has its destination checked, and relays. Keeps
// itself alive while it runs.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <memory>

#include "egress/destination.h"
#include "egress/slot_state.h"

namespace gvm::egress {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<SlotState> slot, Socket client);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  // Closes both sides at once; whatever it awaits ends.
  void cut();

 private:
  struct Request;
  friend class Forwarding;

  asio::awaitable<void> run();
  asio::awaitable<void> serve(std::unique_ptr<Request> request);
  asio::awaitable<void> tunnel(std::unique_ptr<Request> request);
  asio::awaitable<void> forward(std::unique_ptr<Request> request);
  asio::awaitable<bool> forward_request(Request& request);
  asio::awaitable<bool> forward_answer(bool is_head);
  asio::awaitable<bool> reach(Destination destination);
  asio::awaitable<void> refuse();
  asio::awaitable<void> linger();

  // From now on the connection is closed `span` after the last call. A call is cheap: the timer is
  // armed again only when it fires.
  void expect_within(std::chrono::milliseconds span);
  void arm();

  std::shared_ptr<SlotState> slot_;
  std::shared_ptr<const SlotPolicy> policy_;
  SlotLimits limits_;
  Socket client_;
  Socket upstream_;
  asio::basic_waitable_timer<Clock> watchdog_;
  Clock::time_point due_ = Clock::time_point::max();
  bool armed_ = false;
  bool cut_ = false;
  bool running_ = true;
  asio::cancellation_signal cancel_;
};

}  // namespace gvm::egress
