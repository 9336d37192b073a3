#include "serve/stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>

#include "base/size.h"

namespace gvm::serve {
namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kRecord = 16 * kKiB;     // RFC 8446, 5.1
constexpr std::size_t kTurn = 16 * kRecord;    // enciphered in a tenth of a millisecond or so
constexpr unsigned char kTlsHandshake = 0x16;  // RFC 8446, 5.1: the first byte of a ClientHello

}  // namespace

// ---------------------------------------------------------------- TLS

asio::awaitable<Stream::Secured> Stream::secure(std::shared_ptr<const TlsContext> context) {
  Secured secured;
  auto looking = first_byte();
  secured.outcome = co_await std::move(looking);
  if (secured.outcome != TlsOutcome::secured) co_return secured;
  auto layer = std::make_unique<TlsLayer>(std::move(context), socket_);
  for (;;) {
    const auto step = layer->handshake();
    if (step.failed || step.closed) {
      secured.problem = layer->problem();
      secured.outcome = TlsOutcome::failed;
      co_return secured;
    }
    if (step.need == TlsLayer::Need::nothing) break;
    auto waiting = ready_for(step.need);
    const bool ready = co_await std::move(waiting);
    if (ready) continue;
    secured.outcome = TlsOutcome::left;
    co_return secured;
  }
  tls_ = std::move(layer);
  co_return secured;
}

// Whether the peer begins with TLS; the byte stays in the socket.
asio::awaitable<TlsOutcome> Stream::first_byte() {
  for (;;) {
    auto waiting = ready_for(TlsLayer::Need::reading);
    const bool ready = co_await std::move(waiting);
    if (!ready) co_return TlsOutcome::left;
    unsigned char first = 0;
    const auto count = ::recv(socket_.native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
    if (count == 1) co_return first == kTlsHandshake ? TlsOutcome::secured : TlsOutcome::plain_text;
    if (count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
      co_return TlsOutcome::left;
  }
}

asio::awaitable<bool> Stream::ready_for(TlsLayer::Need need) {
  const auto what = need == TlsLayer::Need::reading ? Socket::wait_read : Socket::wait_write;
  const auto [error] = co_await socket_.async_wait(what, kToken);
  at_once_ = 0;
  co_return !error && socket_.is_open();
}

asio::awaitable<void> Stream::give_way() {
  const auto executor = socket_.get_executor();
  co_await asio::post(executor, asio::use_awaitable);
}

asio::awaitable<Stream::Received> Stream::receive_tls(asio::mutable_buffer into) {
  Received received;
  if (at_once_ >= kTurn) {
    at_once_ = 0;
    auto waiting = give_way();
    co_await std::move(waiting);
  }
  for (;;) {
    if (!socket_.is_open()) co_return received;
    const auto step = tls_->read(into);
    received.count = step.count;
    received.closed = step.closed;
    at_once_ += step.count;
    if (step.closed) tls_->say_goodbye();  // RFC 8446, 6.1: the peer waits for it
    if (step.need == TlsLayer::Need::nothing) co_return received;
    auto waiting = ready_for(step.need);
    const bool ready = co_await std::move(waiting);
    if (!ready) co_return received;
  }
}

// A message that fits one record is one record and one system call.
asio::awaitable<bool> Stream::send_tls(std::string_view head, std::string_view body) {
  std::string first(head);
  const auto beside = body.substr(0, kRecord - std::min(kRecord, head.size()));
  first.append(beside);
  body.remove_prefix(beside.size());
  std::size_t in_turn = 0;
  std::string_view rest = first;
  for (;;) {
    if (rest.empty()) std::swap(rest, body);
    if (rest.empty()) co_return true;
    if (!socket_.is_open()) co_return false;
    const auto step = tls_->write(rest);
    if (step.failed || step.closed) co_return false;
    rest.remove_prefix(step.count);
    in_turn += step.count;
    if (step.need != TlsLayer::Need::nothing) {
      auto waiting = ready_for(step.need);
      const bool ready = co_await std::move(waiting);
      if (!ready) co_return false;
    } else if (in_turn >= kTurn) {
      in_turn = 0;
      auto waiting = give_way();
      co_await std::move(waiting);
    }
  }
}

// ---------------------------------------------------------------- both

asio::awaitable<Stream::Received> Stream::receive(asio::mutable_buffer into) {
  Received received;
  if (!unread_.empty()) {
    received.count = std::min(into.size(), unread_.size());
    std::memcpy(into.data(), unread_.data(), received.count);
    unread_.erase(0, received.count);
    if (unread_.empty()) unread_ = {};
    co_return received;
  }
  if (tls_) {
    auto reading = receive_tls(into);
    received = co_await std::move(reading);
    co_return received;
  }
  const auto [error, count] = co_await socket_.async_read_some(into, kToken);
  received.count = error ? 0 : count;
  received.closed = error == asio::error::eof;
  co_return received;
}

asio::awaitable<bool> Stream::send(std::string_view head, std::string_view body) {
  if (tls_) {
    auto sending = send_tls(head, body);
    const bool sent = co_await std::move(sending);
    co_return sent;
  }
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
  if (tls_ && socket_.is_open()) tls_->say_goodbye();
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Stream::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace gvm::serve
