#pragma once
// The socket of a client's connection, in plain or under TLS: an Asio AsyncStream, so that the
// WebSocket code above needs to know nothing of it. One thread at a time.
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/role.hpp>
#include <memory>
#include <string>
#include <utility>

#include "base/error.h"
#include "client/connection.h"

namespace gvm::client {

namespace asio = boost::asio;

class Transport {
 public:
  using Socket = asio::generic::stream_protocol::socket;
  using executor_type = Socket::executor_type;

  explicit Transport(asio::io_context& context) : socket_(context) {}

  executor_type get_executor() { return socket_.get_executor(); }
  Socket& socket() { return socket_; }

  // On a connected socket; the handshake comes next. CONNECTING names the file at fault. The peer's
  // certificate must be of `name`, a host name or an address.
  Result<void> use_tls(const TlsTrust& trust, const std::string& name);
  template <class Done>
  void async_handshake(Done&& done) {
    tls_->stream.async_handshake(asio::ssl::stream_base::client, std::forward<Done>(done));
  }
  // Why the peer's certificate was refused; empty: it was not.
  std::string certificate_problem();

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return tls_ ? tls_->stream.async_read_some(buffers, std::forward<Token>(token))
                : socket_.async_read_some(buffers, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return tls_ ? tls_->stream.async_write_some(buffers, std::forward<Token>(token))
                : socket_.async_write_some(buffers, std::forward<Token>(token));
  }

 private:
  struct Tls {
    Tls(asio::ssl::context given, Socket& socket)
        : context(std::move(given)), stream(socket, context) {}
    asio::ssl::context context;
    asio::ssl::stream<Socket&> stream;
  };
  Result<void> load(asio::ssl::context& context, const TlsTrust& trust) const;

  Socket socket_;
  std::unique_ptr<Tls> tls_;  // empty: plain
};

// What Beast asks of a stream: its ends of a closed WebSocket connection (the module has said
// goodbye already), and of one that was too slow.
inline void beast_close_socket(Transport& transport) {
  boost::system::error_code ignored;
  transport.socket().close(ignored);
}
inline void teardown(boost::beast::role_type, Transport& transport,
                     boost::system::error_code& error) {
  transport.socket().close(error);
}
template <class Handler>
void async_teardown(boost::beast::role_type, Transport& transport, Handler&& handler) {
  boost::system::error_code error;
  transport.socket().close(error);
  asio::post(transport.get_executor(), [handler = std::forward<Handler>(handler)]() mutable {
    handler(boost::system::error_code());
  });
}

}  // namespace gvm::client
