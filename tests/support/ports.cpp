#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "support/held_port.h"
#include "support/http_server.h"

namespace gvm::test {
namespace {

void check(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

int open_socket(int flags) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  check(fd, "socket");
  return fd;
}

std::uint16_t bind_any_port(int fd) {
  auto address = loopback(0);
  socklen_t size = sizeof(address);
  check(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), "bind");
  check(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  return ntohs(address.sin_port);
}

std::string url_of(std::uint16_t port, std::string_view path) {
  return "http://127.0.0.1:" + std::to_string(port) + std::string(path);
}

// True when the connection was established within a short time that is enough on loopback.
bool connects(int fd, std::uint16_t port) {
  auto address = loopback(port);
  ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  pollfd wait{fd, POLLOUT, 0};
  constexpr int kAmpleMs = 100;
  return ::poll(&wait, 1, kAmpleMs) == 1;
}

}  // namespace

RefusingPort::RefusingPort() : fd_(open_socket(0)), port_(bind_any_port(fd_)) {}
RefusingPort::~RefusingPort() {
  ::close(fd_);
}
std::string RefusingPort::url(std::string_view path) const {
  return url_of(port_, path);
}

// socket(7): with SO_REUSEADDR a port can be bound again unless a socket listens on it.
HeldPort::HeldPort() : fd_(open_socket(0)) {
  constexpr int kOn = 1;
  check(::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &kOn, sizeof kOn), "setsockopt");
  port_ = bind_any_port(fd_);
}
HeldPort::~HeldPort() {
  ::close(fd_);
}

UnacceptingPort::UnacceptingPort() : fd_(open_socket(0)), port_(bind_any_port(fd_)) {
  check(::listen(fd_, 0), "listen");
  do {
    fillers_.push_back(open_socket(SOCK_NONBLOCK));
  } while (connects(fillers_.back(), port_));
}
UnacceptingPort::~UnacceptingPort() {
  for (const int fd : fillers_) ::close(fd);
  ::close(fd_);
}
std::string UnacceptingPort::url(std::string_view path) const {
  return url_of(port_, path);
}

SilentPort::SilentPort() : fd_(open_socket(0)), port_(bind_any_port(fd_)) {
  check(::listen(fd_, SOMAXCONN), "listen");
}
SilentPort::~SilentPort() {
  ::close(fd_);
}
std::string SilentPort::url(std::string_view path) const {
  return url_of(port_, path);
}

}  // namespace gvm::test
