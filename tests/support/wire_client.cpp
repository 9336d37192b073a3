#include "support/wire_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace gvm::test {
namespace {

constexpr std::chrono::milliseconds kTimeout{20'000};

[[noreturn]] void give_up(const std::string& what) {
  throw std::runtime_error("WireClient: " + what);
}

int connected(int family, const sockaddr* address, socklen_t size) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, address, size) != 0) {
    ::close(fd);
    give_up(std::string("connect: ") + std::strerror(errno));
  }
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

}  // namespace

WireClient WireClient::tcp(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return WireClient(connected(AF_INET, reinterpret_cast<sockaddr*>(&address), sizeof address));
}

WireClient WireClient::of_descriptor(int fd) {
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  return WireClient(fd);
}

WireClient WireClient::unix_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return WireClient(connected(AF_UNIX, reinterpret_cast<sockaddr*>(&address), sizeof address));
}

WireClient::WireClient(WireClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), buffered_(std::move(other.buffered_)) {}

WireClient::~WireClient() {
  close();
}

bool WireClient::wait(short events, std::chrono::milliseconds span) const {
  pollfd watched{.fd = fd_, .events = events, .revents = 0};
  return ::poll(&watched, 1, static_cast<int>(span.count())) > 0;
}

std::size_t WireClient::send_what_fits(std::string_view bytes, std::chrono::milliseconds span) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const auto count = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count > 0) {
      sent += static_cast<std::size_t>(count);
      continue;
    }
    if (errno != EAGAIN || !wait(POLLOUT, span)) break;
  }
  return sent;
}

void WireClient::send(std::string_view bytes) {
  if (send_what_fits(bytes, kTimeout) != bytes.size()) give_up("send failed");
}

std::string WireClient::read_some() {
  if (!buffered_.empty()) return std::exchange(buffered_, {});
  std::array<char, 16384> bytes{};
  for (;;) {
    const auto count = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (count >= 0) return {bytes.data(), static_cast<std::size_t>(count)};
    if (errno != EAGAIN) return {};
    if (!wait(POLLIN, kTimeout)) give_up("read timed out");
  }
}

std::string WireClient::read_exactly(std::size_t count) {
  std::string out;
  while (out.size() < count) {
    const auto more = read_some();
    if (more.empty()) give_up("closed after " + std::to_string(out.size()) + " bytes");
    out += more;
  }
  buffered_.insert(0, out, count);
  out.resize(count);
  return out;
}

std::string WireClient::read_all() {
  std::string out;
  for (;;) {
    const auto more = read_some();
    if (more.empty()) return out;
    out += more;
  }
}

bool WireClient::closed_within(std::chrono::milliseconds span) {
  const auto end = std::chrono::steady_clock::now() + span;
  std::array<char, 4096> bytes{};
  for (;;) {
    const auto count = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (count == 0 || (count < 0 && errno != EAGAIN)) return true;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !wait(POLLIN, left)) return false;
  }
}

void WireClient::send_frame(std::string_view message) {
  const std::uint32_t length = htonl(static_cast<std::uint32_t>(message.size()));
  std::string out(reinterpret_cast<const char*>(&length), sizeof length);
  out += message;
  send(out);
}

std::optional<std::string> WireClient::receive_frame() {
  if (buffered_.empty()) buffered_ = read_some();
  if (buffered_.empty()) return {};
  const auto header = read_exactly(sizeof(std::uint32_t));
  std::uint32_t length = 0;
  std::memcpy(&length, header.data(), sizeof length);
  return read_exactly(ntohl(length));
}

std::string WireClient::upgrade() {
  send(
      "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  std::string head;
  while (!head.ends_with("\r\n\r\n")) head += read_exactly(1);
  return head;
}

void WireClient::send_ws_frame(unsigned char first_byte, std::string_view payload) {
  constexpr unsigned char kMasked = 0x80;
  std::string out(1, static_cast<char>(first_byte));
  if (payload.size() < 126) {
    out += static_cast<char>(kMasked | payload.size());
  } else {
    out += static_cast<char>(kMasked | 127);
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(payload.size() >> shift);
  }
  out += std::string(4, '\0');  // a mask of zeros does not change the payload
  out += payload;
  send(out);
}

void WireClient::half_close() {
  ::shutdown(fd_, SHUT_WR);
}

void WireClient::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void WireClient::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

}  // namespace gvm::test
