#include "support/mock_upstream/listener.h"

#include <sys/socket.h>

namespace gvm::mock {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Pause until file descriptors are free again.
constexpr std::chrono::milliseconds kPause{10};

void bind(tcp::acceptor& acceptor, std::uint16_t port) {
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
  acceptor.open(endpoint.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.bind(endpoint);
}

}  // namespace

Listener::Listener(asio::io_context& context, std::uint16_t port, OnAccept on_accept)
    : acceptor_(context), timer_(context), on_accept_(std::move(on_accept)) {
  // A port that the kernel has chosen is lost when the listener is shut down; a port that was asked
  // for by number is kept. Therefore it is bound by number while another socket holds it.
  tcp::acceptor holder(context);
  bind(holder, port);
  bind(acceptor_, holder.local_endpoint().port());
  holder.close();
  acceptor_.listen(asio::socket_base::max_listen_connections);
  port_ = acceptor_.local_endpoint().port();
  accept();
}

// On Linux, a listening socket that is shut down stays bound, and connections are refused; it may
// listen again.
void Listener::refuse(bool refuse) {
  if (refuse == refuses_) return;
  refuses_ = refuse;
  if (refuse) {
    ::shutdown(acceptor_.native_handle(), SHUT_RD);
    return;
  }
  acceptor_.listen(asio::socket_base::max_listen_connections);
}

void Listener::accept() {
  acceptor_.async_accept([this](error_code ec, tcp::socket socket) {
    if (ec == asio::error::operation_aborted) return;
    if (!ec) on_accept_(std::move(socket));
    if (!ec) return accept();
    timer_.expires_after(kPause);
    timer_.async_wait([this](error_code) { accept(); });
  });
}

}  // namespace gvm::mock
