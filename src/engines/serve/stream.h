#pragma once
// The transport under both framings and HTTP: a TCP or Unix stream socket on one lane, in plain or
// under TLS, with room to put back bytes that were read to find out what the peer speaks. Owned by
// one connection.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "serve/metrics.h"
#include "serve/socket.h"
#include "serve/tls_layer.h"

namespace gvm::serve {

class Stream {
 public:
  explicit Stream(Socket socket) : socket_(std::move(socket)) {}
  Stream(const Stream&) = delete;  // the layer refers to its socket
  Stream& operator=(const Stream&) = delete;

  Socket& socket() { return socket_; }

  struct Secured {
    TlsOutcome outcome = TlsOutcome::left;
    std::string problem;  // of a handshake that failed, for the log
  };
  // Before everything else: from now on bytes go through TLS. Unless the outcome is `secured`, the
  // stream is in plain still, and nothing that a peer in plain text has sent is lost.
  asio::awaitable<Secured> secure(std::shared_ptr<const TlsContext> context);

  // Bytes that the next receive() gives before the socket's own.
  void unread(std::string bytes) { unread_.insert(0, bytes); }

  struct Received {
    std::size_t count = 0;  // 0: the peer is done, or gone
    bool closed = false;    // the peer has closed its side in good order
  };
  // The next bytes.
  asio::awaitable<Received> receive(asio::mutable_buffer into);
  // All of both, at once where the kernel has room: most messages take one system call and no turn
  // of the reactor. False when the peer is gone. One at a time.
  asio::awaitable<bool> send(std::string_view head, std::string_view body);

  // The peer has closed its side or reset the connection, although nobody reads at the moment.
  bool peer_vanished();
  // FIN: the peer reads to the end of what was written.
  void shutdown_send();
  // Pending receives and sends end.
  void close();

 private:
  struct Sent {
    std::size_t count = 0;
    bool failed = false;
  };
  Sent send_now(std::string_view head, std::string_view body);

  // Until the socket is ready, or has an error. False: it was closed, or the wait cancelled.
  asio::awaitable<bool> ready_for(TlsLayer::Need need);
  asio::awaitable<TlsOutcome> first_byte();
  asio::awaitable<Received> receive_tls(asio::mutable_buffer into);
  asio::awaitable<bool> send_tls(std::string_view head, std::string_view body);
  // Lets others of the lane have their turn.
  asio::awaitable<void> give_way();

  Socket socket_;
  std::unique_ptr<TlsLayer> tls_;  // empty: plain
  std::size_t at_once_ = 0;        // bytes received under TLS since the lane had its turn
  std::string unread_;
};

}  // namespace gvm::serve
