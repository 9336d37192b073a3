#pragma once
// Who may come in, and how many are here: the limits on connections and sessions. Thread safe;
// touched when a connection begins and ends, never for a message.
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "serve/metrics.h"
#include "serve/options.h"

namespace gvm::serve {

class Gate;

// A place that is given back when it is dropped; the gate outlives it.
class Ticket {
 public:
  Ticket() = default;
  Ticket(Ticket&& other) noexcept
      : gate_(std::exchange(other.gate_, nullptr)),
        kind_(other.kind_),
        address_(std::move(other.address_)) {}
  Ticket& operator=(Ticket&& other) noexcept {
    std::swap(gate_, other.gate_);
    std::swap(kind_, other.kind_);
    std::swap(address_, other.address_);
    return *this;
  }
  ~Ticket();

 private:
  friend class Gate;
  enum class Kind : std::uint8_t { connection, session };
  Ticket(Gate& gate, Kind kind, std::string address = {})
      : gate_(&gate), kind_(kind), address_(std::move(address)) {}

  Gate* gate_ = nullptr;
  Kind kind_ = Kind::connection;
  std::string address_;  // of a session, when sessions of one address are counted
};

class Gate {
 public:
  explicit Gate(const ServerOptions& options)
      : max_sessions_(options.max_sessions),
        max_per_address_(options.max_sessions_per_address),
        max_other_(options.max_other_connections) {}

  // For an accepted connection.
  std::expected<Ticket, Refusal> enter();
  // For a connection that turns out to be a session. `address` is empty for a Unix socket.
  std::expected<Ticket, Refusal> begin_session(const std::string& address);

  std::size_t sessions() const;
  std::size_t connections() const;

  // Nobody may begin a session any more.
  void stop();
  bool stopping() const;
  // The listener is gone. Once nobody is left, `on_empty` runs (once, on the thread that left last
  // or this one).
  void listener_closed();
  void on_empty(std::function<void()> callback);
  // Everything is over: the listener is closed and nobody is left.
  bool wait_empty(std::chrono::milliseconds span);

 private:
  friend class Ticket;
  void leave();
  void end_session(const std::string& address);
  // With `mutex_` held: what must be called once it is not.
  std::function<void()> take_callback();

  const std::size_t max_sessions_;
  const std::size_t max_per_address_;
  const std::size_t max_other_;
  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  std::unordered_map<std::string, std::size_t> per_address_;
  std::size_t connections_ = 0;
  std::size_t sessions_ = 0;
  bool stopping_ = false;
  bool listening_ = true;
  std::function<void()> on_empty_;
};

}  // namespace gvm::serve
