#include "control/channel.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "base/json.h"
#include "text/json.h"

namespace gvm::control {
namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

// Room for one descriptor, aligned as the kernel wants it.
union Ancillary {
  cmsghdr header;
  std::array<char, CMSG_SPACE(sizeof(int))> bytes;
};

// Of what came along only the first descriptor is kept.
Fd take_descriptor(msghdr& header) {
  Fd taken;
  for (auto* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(part), sizeof fd);
    if (!taken)
      taken = Fd(fd);
    else
      ::close(fd);
  }
  return taken;
}

// As recv(); `cut`: the packet was longer.
ssize_t receive(int end, std::span<char> bytes, int flags, Fd& fd, bool& cut) {
  Ancillary ancillary{};
  iovec part{.iov_base = bytes.data(), .iov_len = bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = ancillary.bytes.data();
  header.msg_controllen = ancillary.bytes.size();
  const auto count = ::recvmsg(end, &header, flags | MSG_CMSG_CLOEXEC);
  if (count <= 0) return count;
  if (auto came = take_descriptor(header)) fd = std::move(came);
  cut = (header.msg_flags & MSG_TRUNC) != 0;
  return count;
}

// As send().
ssize_t transmit(int end, std::string_view bytes, int flags, int fd) {
  Ancillary ancillary{};
  // sendmsg() reads what it points to, and only that.
  iovec part{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (fd >= 0) {
    header.msg_control = ancillary.bytes.data();
    header.msg_controllen = ancillary.bytes.size();
    auto* first = CMSG_FIRSTHDR(&header);
    first->cmsg_level = SOL_SOCKET;
    first->cmsg_type = SCM_RIGHTS;
    first->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(first), &fd, sizeof fd);
  }
  return ::sendmsg(end, &header, flags | MSG_NOSIGNAL);
}

enum class Got { message, nothing_yet, end };

Got read_packet(int end, int flags, Message& message) {
  std::string bytes(kMostBytes, '\0');
  bool cut = false;
  const auto count = receive(end, bytes, flags, message.fd, cut);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return Got::nothing_yet;
  if (count <= 0 || cut) return Got::end;
  auto body = text::parse_json(std::string_view(bytes).substr(0, static_cast<std::size_t>(count)));
  if (!body || body->as_map() == nullptr) return Got::end;
  message.body = std::move(*body);
  return Got::message;
}

}  // namespace

Channel::Channel(asio::io_context& context, Fd end) : stream_(context) {
  stream_.assign(end.release());
}

bool Channel::send(const Value& body, int fd) {
  return stream_.is_open() && send_now(stream_.native_handle(), body, fd);
}

asio::awaitable<std::optional<Message>> Channel::receive() {
  std::optional<Message> received;
  while (stream_.is_open()) {
    bool over = false;
    received = receive_ready(stream_.native_handle(), over);
    if (received || over) co_return received;
    const auto [error] =
        co_await stream_.async_wait(asio::posix::descriptor_base::wait_read, kToken);
    if (error) break;
  }
  co_return received;
}

void Channel::close() {
  boost::system::error_code ignored;
  stream_.close(ignored);
}

std::pair<Fd, Fd> make_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw std::system_error(errno, std::system_category(), "socketpair");
  return {Fd(ends[0]), Fd(ends[1])};
}

bool send_now(int end, const Value& body, int fd) {
  return send_text(end, json::write(body), fd);
}

bool send_text(int end, std::string_view bytes, int fd) {
  errno = EMSGSIZE;
  if (bytes.size() > kMostBytes) return false;
  return transmit(end, bytes, MSG_DONTWAIT, fd) == static_cast<ssize_t>(bytes.size());
}

ssize_t send_some(int end, std::string_view bytes, int fd) {
  return transmit(end, bytes, 0, fd);
}

ssize_t receive_some(int end, std::span<char> bytes, Fd& fd) {
  bool cut = false;
  return receive(end, bytes, 0, fd, cut);
}

std::optional<Message> receive_now(int end) {
  for (;;) {
    Message message;
    const auto got = read_packet(end, 0, message);
    if (got == Got::message) return message;
    // A signal is for whoever runs the event loop later: this wait goes on.
    if (got == Got::end || errno == EAGAIN) return std::nullopt;
  }
}

std::optional<Message> receive_ready(int end, bool& over) {
  Message message;
  const auto got = read_packet(end, MSG_DONTWAIT, message);
  over = got == Got::end;
  if (got != Got::message) return std::nullopt;
  return message;
}

}  // namespace gvm::control
