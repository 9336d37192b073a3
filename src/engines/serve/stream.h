#pragma once
// The transport under both framings and HTTP: a TCP or Unix stream socket on one lane, with room to
// put back bytes that were read to find out what the peer speaks. Owned by one connection.
#include <algorithm>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/role.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace gvm::serve {

namespace asio = boost::asio;
namespace beast = boost::beast;

using Socket =
    asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>;

class Stream {
 public:
  using executor_type = Socket::executor_type;

  explicit Stream(Socket socket) : socket_(std::move(socket)) {}

  executor_type get_executor() { return socket_.get_executor(); }
  Socket& socket() { return socket_; }

  // Bytes that the next reads give before the socket's own.
  void unread(std::string bytes) { unread_.insert(0, bytes); }

  // The peer has closed its side or reset the connection, although nobody reads at the moment.
  bool peer_vanished();
  // FIN: the peer reads to the end of what was written.
  void shutdown_send();
  // Pending reads and writes end with an error.
  void close();

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(beast::error_code, std::size_t)>(
        [this](auto handler, const Buffers& into) { start_read(std::move(handler), into); }, token,
        buffers);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return socket_.async_write_some(buffers, std::forward<Token>(token));
  }

 private:
  template <class Handler, class Buffers>
  void start_read(Handler handler, const Buffers& into) {
    if (unread_.empty()) {
      socket_.async_read_some(into, std::move(handler));
      return;
    }
    const std::size_t count = asio::buffer_copy(into, asio::buffer(unread_));
    unread_.erase(0, count);
    if (unread_.empty()) unread_ = {};
    asio::post(get_executor(),
               beast::bind_front_handler(std::move(handler), beast::error_code(), count));
  }

  Socket socket_;
  std::string unread_;
};

// Beast's hooks. Teardown does nothing: the session lingers and closes in one place, for both
// framings.
template <class Handler>
void async_teardown(beast::role_type, Stream& stream, Handler&& handler) {
  asio::post(stream.get_executor(),
             beast::bind_front_handler(std::forward<Handler>(handler), beast::error_code()));
}
inline void teardown(beast::role_type, Stream&, beast::error_code& ec) {
  ec = {};
}
inline void beast_close_socket(Stream& stream) {
  stream.close();
}

}  // namespace gvm::serve
