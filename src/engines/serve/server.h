#pragma once
// Listens, accepts and spreads connections over the lanes; /health and /metrics; shutdown. Owned by
// main and destroyed before the lanes stop. Its methods may be called from any thread.
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "net/lane.h"
#include "serve/options.h"
#include "serve/service.h"

namespace gvm::serve {

class Server {
 public:
  Server(ServerOptions options, net::Lanes& lanes, Service& service, log::Logger log);
  // Ends everything at once and waits for it.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Takes the address, or the sockets the process has inherited. Errors: INVALID_CONFIG,
  // LISTEN_FAILED. From here on the kernel queues connections.
  Result<void> bind();
  // Takes the address of AdminOptions; nothing to do when there is none or it is taken already. The
  // process before may hold it until its turn is over.
  Result<void> bind_admin();
  // Accepts. Call once, after bind().
  void start();

  // 0 for a Unix socket.
  std::uint16_t port() const;
  // As bound, with the port the kernel chose.
  std::string address() const;
  // Of AdminOptions, as bound; empty: it is not.
  std::string admin_address() const;
  // A duplicate of the socket it listens on, for the process that takes over: connections wait
  // there until that one accepts. Empty: it listens on a Unix socket, whose file goes with this
  // process.
  Fd duplicate_socket() const;
  std::size_t sessions() const;
  std::size_t connections() const;

  // First call: nothing new is accepted, idle sessions are closed (1001), what has been asked is
  // answered for up to `grace`, then cancelled. A second call cancels everything at once.
  void shutdown(std::chrono::milliseconds grace);
  // Another process takes over: nothing new is accepted, and the present sessions are served until
  // they end. `closed` runs, on any thread, once this process has accepted its last connection.
  // on_stopped() and shutdown() work as before.
  void retire(std::function<void()> closed);
  // After shutdown(): true once the last connection has ended.
  bool wait(std::chrono::milliseconds span);
  // `callback` runs, on any thread, once the process can get no connection any more: it has
  // inherited connected sockets only, and these have ended. At once when that is so already.
  void on_exhausted(std::function<void()> callback);
  // `callback` runs after shutdown() or retire(), on any thread, once the last connection has
  // ended.
  void on_stopped(std::function<void()> callback);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace gvm::serve
