#include "serve/stream.h"

#include <poll.h>

namespace gvm::serve {

bool Stream::peer_vanished() {
  if (!socket_.is_open()) return true;
  pollfd watched{.fd = socket_.native_handle(), .events = POLLRDHUP, .revents = 0};
  if (::poll(&watched, 1, 0) <= 0) return false;
  return (watched.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void Stream::shutdown_send() {
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Stream::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace gvm::serve
