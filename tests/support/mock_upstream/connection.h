#pragma once
// One connection of a mock upstream: reads requests, waits, carries out plans. It reads all the
// time, so it notices at once when the peer disconnects. Owned by its pending operations; used only
// on the upstream's thread.
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>

#include "support/mock_upstream/engine.h"

namespace gvm::mock {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class Connection;

// The functions of the upstream that a connection uses. Outlives all connections.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual Work take(HttpRequest request, std::uint64_t connection) = 0;
  virtual Engine& engine() = 0;
  virtual void closed(Connection& connection) = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `tls`: empty for a plain one.
  Connection(ConnectionOwner& owner, tcp::socket socket, std::uint64_t number,
             asio::ssl::context* tls);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void serve();
  // Called instead of serving when a fault hits the connection itself.
  void strike(const Fault& fault);
  void reset();
  // Closes the connection when it waits for a request, else after its present answer. True when it
  // was waiting.
  bool close_if_idle();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void new_parser();
  void read();
  void on_read(error_code ec, std::size_t size);
  void parse();
  void say_continue();
  void request_complete();
  void wait(microseconds span, void (Connection::*then)());
  void start_plan();
  void next_step();
  void trickle();
  void write(std::string_view bytes, void (Connection::*then)());
  void keep();
  void say_farewell();
  void end_call(bool delivered);
  void peer_left();
  void close();
  void discard_first_bytes(TlsFault fault);
  void strike_hello(TlsFault fault);

  ConnectionOwner& owner_;
  tcp::socket socket_;
  std::optional<asio::ssl::stream<tcp::socket&>> tls_;
  asio::steady_timer timer_;
  const std::uint64_t number_;
  static constexpr std::size_t kReadBytes = 16 * 1024;
  std::array<char, kReadBytes> piece_;
  std::string pending_;  // read, not yet parsed
  std::optional<Parser> parser_;
  bool continued_ = false;  // "100 Continue" was sent
  bool writing_ = false;
  bool deaf_ = false;  // everything received is discarded
  bool farewell_ = false;
  bool close_when_idle_ = false;
  std::shared_ptr<const Work> work_;  // of the request in flight
  bool in_latency_ = false;
  std::size_t step_ = 0;
  std::size_t trickled_ = 0;
};

}  // namespace gvm::mock
