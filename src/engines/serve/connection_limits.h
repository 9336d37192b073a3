#pragma once
// The limits on connections and sessions of a process, and how many there are. Thread safe; used
// when a connection begins and ends, never for a message.
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

#include "serve/door.h"
#include "serve/metrics.h"
#include "serve/options.h"

namespace gvm::serve {

class ConnectionLimits;

// A counted place of a connection or a session, given back when it is dropped. The limits outlive
// it.
class Admission {
 public:
  Admission() = default;
  Admission(Admission&& other) noexcept
      : limits_(std::exchange(other.limits_, nullptr)),
        kind_(other.kind_),
        address_(std::move(other.address_)) {}
  Admission& operator=(Admission&& other) noexcept {
    std::swap(limits_, other.limits_);
    std::swap(kind_, other.kind_);
    std::swap(address_, other.address_);
    return *this;
  }
  ~Admission();

 private:
  friend class ConnectionLimits;
  enum class Kind : std::uint8_t { connection, admin_connection, session };
  Admission(ConnectionLimits& limits, Kind kind, std::string address = {})
      : limits_(&limits), kind_(kind), address_(std::move(address)) {}

  ConnectionLimits* limits_ = nullptr;
  Kind kind_ = Kind::connection;
  std::string address_;  // of a session, when sessions of one address are counted
};

class ConnectionLimits {
 public:
  explicit ConnectionLimits(const ServerOptions& options)
      : max_sessions_(options.max_sessions),
        max_per_address_(options.max_sessions_per_address),
        max_other_(options.max_other_connections),
        max_admin_(options.admin.max_connections) {}

  // For an accepted connection. At the admin address those that have asked nothing make way, so
  // the limit there is soft, up to twice the number.
  std::expected<Admission, RefusalReason> enter(Door door = Door::sessions);
  // For a connection that turns out to be a session. `address` is empty for a Unix socket.
  std::expected<Admission, RefusalReason> begin_session(const std::string& address);

  std::size_t sessions() const;
  std::size_t connections() const;
  bool admin_is_full() const;

  // From now on no session may begin.
  void stop();
  bool stopping() const;
  // The listener is closed. Once the last connection has ended, `on_empty` runs: once, on the
  // thread of that connection or on this one.
  void listener_closed();
  void on_empty(std::function<void()> callback);
  // True once the listener is closed and the last connection has ended.
  bool wait_empty(std::chrono::milliseconds span);

 private:
  friend class Admission;
  void leave(Admission::Kind kind);
  void end_session(const std::string& address);
  // Called with `mutex_` held. Returns what the caller must run after it has unlocked it.
  std::function<void()> take_callback();

  const std::size_t max_sessions_;
  const std::size_t max_per_address_;
  const std::size_t max_other_;
  const std::size_t max_admin_;
  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  std::unordered_map<std::string, std::size_t> per_address_;
  std::size_t connections_ = 0;  // of every kind
  std::size_t admin_ = 0;
  std::size_t sessions_ = 0;
  bool stopping_ = false;
  bool listening_ = true;
  std::function<void()> on_empty_;
};

}  // namespace gvm::serve
