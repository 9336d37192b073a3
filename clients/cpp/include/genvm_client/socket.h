#pragma once
// A blocking stream socket of POSIX on which every operation has a deadline.
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "genvm_client/error.h"

namespace genvm {

using Milliseconds = std::chrono::milliseconds;

// A moment of the monotonic clock.
class Deadline {
 public:
  explicit Deadline(Milliseconds from_now) : end_(std::chrono::steady_clock::now() + from_now) {}

  Milliseconds left() const {
    const auto span = std::chrono::ceil<Milliseconds>(end_ - std::chrono::steady_clock::now());
    return std::max(span, Milliseconds(0));
  }

 private:
  std::chrono::steady_clock::time_point end_;
};

// tcp://HOST:PORT, tcp://[IPv6]:PORT, tls:// likewise, or unix:///PATH; std::invalid_argument for
// anything else.
struct Endpoint {
  std::string host;  // empty: a Unix socket
  std::string port;
  std::string path;
  bool tls = false;

  static Endpoint parse(const std::string& address);
};

class Socket {
 public:
  // ConnectError, or DeadlineExceeded when nothing answers in time. Resolving a name may take
  // longer than the deadline: the system's resolver has a time limit of its own.
  static Socket connect(const Endpoint& to, const Deadline& deadline);
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }

  // ConnectionLost or DeadlineExceeded.
  void send(std::string_view bytes, const Deadline& deadline) {
    while (!bytes.empty()) {
      const auto count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count >= 0)
        bytes.remove_prefix(static_cast<std::size_t>(count));
      else
        wait_or_throw(POLLOUT, deadline, "sending");
    }
  }

  // At most `room` bytes, at least one; 0: the peer closed its side.
  std::size_t receive(char* into, std::size_t room, const Deadline& deadline) {
    for (;;) {
      const auto count = ::recv(fd_, into, room, 0);
      if (count >= 0) return static_cast<std::size_t>(count);
      wait_or_throw(POLLIN, deadline, "receiving");
    }
  }

  // Whether nothing waits to be read, not even the end.
  bool quiet() const {
    pollfd watched{fd_, POLLIN, 0};
    return ::poll(&watched, 1, 0) == 0;
  }

 private:
  explicit Socket(int fd) : fd_(fd) {}

  static Socket open(int family, const sockaddr* address, socklen_t size, const Deadline& deadline);
  static Socket connect_unix(const std::string& path, const Deadline& deadline);
  static Socket connect_tcp(const Endpoint& to, const Deadline& deadline);

  bool wait(short events, const Deadline& deadline) const {
    pollfd watched{fd_, events, 0};
    for (;;) {
      const auto left = std::min<std::chrono::milliseconds::rep>(deadline.left().count(), 60'000);
      const int ready = ::poll(&watched, 1, static_cast<int>(left));
      if (ready > 0) return true;
      if (ready < 0 && errno != EINTR) return true;  // the operation itself reports the error
      if (deadline.left().count() == 0) return false;
    }
  }

  void wait_or_throw(short events, const Deadline& deadline, const char* what) const {
    if (errno == EINTR) return;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
      throw ConnectionLost(std::string(what) + ": " + std::strerror(errno));
    if (!wait(events, deadline))
      throw DeadlineExceeded("the module did not answer within the time allowed", true);
  }

  int fd_ = -1;
};

// The bytes of a connection: those of a socket, or TLS over one (genvm_client/tls.h).
class Wire {
 public:
  virtual ~Wire() = default;
  // As the functions of Socket.
  virtual void send(std::string_view bytes, const Deadline& deadline) = 0;
  virtual std::size_t receive(char* into, std::size_t room, const Deadline& deadline) = 0;
  virtual bool quiet() = 0;
};

// Shakes hands over a connected socket: genvm::tls() of genvm_client/tls.h makes one.
using Secure = std::function<std::unique_ptr<Wire>(Socket, const Endpoint&, const Deadline&)>;

namespace detail {

class PlainWire final : public Wire {
 public:
  explicit PlainWire(Socket socket) : socket_(std::move(socket)) {}
  void send(std::string_view bytes, const Deadline& deadline) override {
    socket_.send(bytes, deadline);
  }
  std::size_t receive(char* into, std::size_t room, const Deadline& deadline) override {
    return socket_.receive(into, room, deadline);
  }
  bool quiet() override { return socket_.quiet(); }

 private:
  Socket socket_;
};

// std::invalid_argument: the endpoint asks for TLS, and `secure` is empty.
inline std::unique_ptr<Wire> connect(const Endpoint& to, const Secure& secure,
                                     const Deadline& deadline) {
  if (to.tls && !secure)
    throw std::invalid_argument("tls:// needs Options::secure, which genvm_client/tls.h makes");
  Socket socket = Socket::connect(to, deadline);
  if (to.tls) return secure(std::move(socket), to, deadline);
  return std::make_unique<PlainWire>(std::move(socket));
}

}  // namespace detail

inline Endpoint Endpoint::parse(const std::string& address) {
  const std::string unix_scheme = "unix://";
  const std::string tcp_scheme = "tcp://";
  if (address.rfind(unix_scheme + "/", 0) == 0)
    return {"", "", address.substr(unix_scheme.size()), false};
  const auto colon = address.rfind(':');
  const bool tls = address.rfind("tls://", 0) == 0;  // as long as tcp://
  if ((tls || address.rfind(tcp_scheme, 0) == 0) && colon > tcp_scheme.size()) {
    Endpoint out{address.substr(tcp_scheme.size(), colon - tcp_scheme.size()),
                 address.substr(colon + 1), "", tls};
    if (out.host.front() == '[' && out.host.back() == ']')
      out.host = out.host.substr(1, out.host.size() - 2);
    const bool digits = out.port.find_first_not_of("0123456789") == std::string::npos;
    if (digits && !out.port.empty() && out.port.size() <= 5 && !out.host.empty()) return out;
  }
  throw std::invalid_argument("\"" + address +
                              "\": expected tcp://HOST:PORT, tls://HOST:PORT or unix:///PATH");
}

inline Socket Socket::connect(const Endpoint& to, const Deadline& deadline) {
  return to.host.empty() ? connect_unix(to.path, deadline) : connect_tcp(to, deadline);
}

inline Socket Socket::open(int family, const sockaddr* address, socklen_t size,
                           const Deadline& deadline) {
  Socket out(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (out.fd_ < 0) throw ConnectError(std::string("socket: ") + std::strerror(errno));
  if (::connect(out.fd_, address, size) == 0) return out;
  if (errno != EINPROGRESS) throw ConnectError(std::strerror(errno));
  if (!out.wait(POLLOUT, deadline))
    throw DeadlineExceeded("no connection within the time allowed", false);
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(out.fd_, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) throw ConnectError(std::strerror(error));
  return out;
}

inline Socket Socket::connect_unix(const std::string& path, const Deadline& deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw ConnectError(path + ": the path is too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  try {
    return open(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address, deadline);
  } catch (const ConnectError& error) {
    throw ConnectError(path + ": " + error.what() + "; is the module running?");
  }
}

inline Socket Socket::connect_tcp(const Endpoint& to, const Deadline& deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(to.host.c_str(), to.port.c_str(), &hints, &found);
  if (failed != 0) throw ConnectError(to.host + ": " + ::gai_strerror(failed));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, &::freeaddrinfo);
  std::string why;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    try {
      Socket out = open(one->ai_family, one->ai_addr, one->ai_addrlen, deadline);
      const int on = 1;
      ::setsockopt(out.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      return out;
    } catch (const ConnectError& error) {
      why = error.what();
    }
  }
  throw ConnectError(to.host + ":" + to.port + ": " + why + "; is the module running?");
}

}  // namespace genvm
