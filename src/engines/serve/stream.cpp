#include "serve/stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>

namespace gvm::serve {
namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

}  // namespace

asio::awaitable<Stream::Received> Stream::receive(asio::mutable_buffer into) {
  Received received;
  if (!unread_.empty()) {
    received.count = std::min(into.size(), unread_.size());
    std::memcpy(into.data(), unread_.data(), received.count);
    unread_.erase(0, received.count);
    if (unread_.empty()) unread_ = {};
    co_return received;
  }
  const auto [error, count] = co_await socket_.async_read_some(into, kToken);
  received.count = error ? 0 : count;
  received.closed = error == asio::error::eof;
  co_return received;
}

asio::awaitable<bool> Stream::send(std::string_view head, std::string_view body) {
  const Sent now = send_now(head, body);
  if (now.failed) co_return false;
  if (now.count == head.size() + body.size()) co_return true;
  const std::size_t of_head = std::min(now.count, head.size());
  head.remove_prefix(of_head);
  body.remove_prefix(now.count - of_head);
  const std::array<asio::const_buffer, 2> rest{asio::buffer(head), asio::buffer(body)};
  const auto [error, count] = co_await asio::async_write(socket_, rest, kToken);
  (void)count;
  co_return !error;
}

Stream::Sent Stream::send_now(std::string_view head, std::string_view body) {
  std::array<iovec, 2> parts{iovec{const_cast<char*>(head.data()), head.size()},
                             iovec{const_cast<char*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  for (;;) {
    const ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return {.count = static_cast<std::size_t>(sent), .failed = false};
    if (errno == EINTR) continue;
    return {.count = 0, .failed = errno != EAGAIN && errno != EWOULDBLOCK};
  }
}

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
