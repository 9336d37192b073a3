#pragma once
// A listening port on loopback that can refuse connections while keeping the port. Used only on the
// upstream's thread.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>

namespace gvm::mock {

class Listener {
 public:
  using OnAccept = std::function<void(boost::asio::ip::tcp::socket)>;

  // `port` 0: any free one.
  Listener(boost::asio::io_context& context, std::uint16_t port, OnAccept on_accept);
  std::uint16_t port() const { return port_; }
  void refuse(bool refuse);
  bool refuses() const { return refuses_; }

 private:
  void accept();

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer timer_;
  OnAccept on_accept_;
  std::uint16_t port_ = 0;
  bool refuses_ = false;
};

}  // namespace gvm::mock
