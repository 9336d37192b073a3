#pragma once
// The client's end of a session, for the `call` command and for tools. It behaves like a GenVM,
// blocks, and has a timeout for every step. Not for lanes. One thread at a time.
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gvm::client {

// Where a module listens.
//   ws://host:port/path   WebSocket      tcp://host:port, unix:///path   length-prefixed
//   ws+unix:///path       WebSocket over a Unix socket
//   wss://, tls://        as ws:// and tcp://, under TLS
struct Target {
  enum class Framing { websocket, length_prefixed };
  Framing framing = Framing::websocket;
  std::string host;  // empty for a Unix socket
  std::string port;
  std::string path;  // of the socket file, or of the request
  bool tls = false;
};
Result<Target> parse_target(std::string_view url);

// PEM files. Whom a client trusts, and what it shows of itself.
struct TlsTrust {
  std::string ca_file = {};           // empty: the system's authorities
  std::string certificate_file = {};  // where the module asks for one (serve.tls.client_ca)
  std::string key_file = {};
};

class Connection {
 public:
  // CONNECTING when nothing listens there, the connection is refused, the peer is not a module, or
  // its certificate is not to be trusted.
  static Result<Connection> open(const Target& target, std::chrono::milliseconds timeout,
                                 const TlsTrust& trust = {});
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  // One message each. Errors: CONNECTION_LOST with the close code's meaning, DEADLINE_EXCEEDED.
  Result<void> send(std::string_view message, std::chrono::milliseconds timeout);
  Result<std::string> receive(std::chrono::milliseconds timeout);
  // Closes the session; errors are ignored.
  void close();

 private:
  class Impl;
  explicit Connection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gvm::client
