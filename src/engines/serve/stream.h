#pragma once
// The transport under both framings and HTTP: a TCP or Unix stream socket on one lane, with room to
// put back bytes that were read to find out what the peer speaks. Owned by one connection.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace gvm::serve {

namespace asio = boost::asio;

using Socket =
    asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>;

class Stream {
 public:
  explicit Stream(Socket socket) : socket_(std::move(socket)) {}

  Socket& socket() { return socket_; }

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

  Socket socket_;
  std::string unread_;
};

}  // namespace gvm::serve
