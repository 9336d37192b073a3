#include "apps/cell/relay.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

namespace gvm::cell {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;

}  // namespace

class Relay {
 public:
  Relay(Forwarder& owner, Fd outside, Fd inside)
      : owner_(owner), outside_(std::move(outside)), inside_(std::move(inside)) {
    for (const int fd : {outside_.get(), inside_.get()})
      owner_.loop_.add(fd, EPOLLIN, [this, fd](std::uint32_t events) { on_event(fd, events); });
  }
  ~Relay() {
    for (const int fd : {outside_.get(), inside_.get()}) owner_.loop_.remove(fd);
  }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

 private:
  // One direction. The buffer exists only while it holds bytes.
  struct Pump {
    std::vector<char> buffer;
    std::size_t begin = 0;
    bool ended = false;  // the source has ended
    bool shut = false;   // the target was told

    bool empty() const { return begin == buffer.size(); }
    // False when the connection is broken.
    bool fill(int from) {
      if (ended || !empty()) return true;
      buffer.resize(kBufferBytes);
      begin = 0;
      const ssize_t count = ::recv(from, buffer.data(), buffer.size(), MSG_DONTWAIT);
      const int error = errno;
      buffer.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
      if (count == 0) ended = true;
      return count >= 0 || error == EAGAIN || error == EINTR;
    }
    bool drain(int to) {
      while (!empty()) {
        const ssize_t count =
            ::send(to, buffer.data() + begin, buffer.size() - begin, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0) return errno == EAGAIN || errno == EINTR || errno == ENOTCONN;
        begin += static_cast<std::size_t>(count);
      }
      if (ended && !shut) {
        ::shutdown(to, SHUT_WR);
        shut = true;
      }
      if (empty() && !buffer.empty()) {
        buffer = {};
        begin = 0;
      }
      return true;
    }
  };

  void on_event(int fd, std::uint32_t events) {
    if (!move()) return owner_.drop(this);
    // Closed in both directions: nothing can be delivered any more.
    const bool gone = (events & (EPOLLHUP | EPOLLERR)) != 0;
    const Pump& from_it = fd == outside_.get() ? inwards_ : outwards_;
    if (gone && from_it.ended) return owner_.drop(this);
    if (inwards_.shut && outwards_.shut) return owner_.drop(this);
    owner_.loop_.change(outside_.get(), interest(inwards_, outwards_));
    owner_.loop_.change(inside_.get(), interest(outwards_, inwards_));
  }

  bool move() {
    return inwards_.fill(outside_.get()) && inwards_.drain(inside_.get()) &&
           outwards_.fill(inside_.get()) && outwards_.drain(outside_.get());
  }

  static std::uint32_t interest(const Pump& from_it, const Pump& to_it) {
    std::uint32_t events = 0;
    if (from_it.empty() && !from_it.ended) events |= EPOLLIN;
    if (!to_it.empty()) events |= EPOLLOUT;
    return events;
  }

  Forwarder& owner_;
  Fd outside_;
  Fd inside_;
  Pump inwards_;
  Pump outwards_;
};

Forwarder::Forwarder(Loop& loop, Fd listener, std::uint16_t port)
    : loop_(loop), listener_(std::move(listener)), port_(port) {
  loop_.add(listener_.get(), EPOLLIN, [this](std::uint32_t) { accept(); });
}

Forwarder::~Forwarder() {
  loop_.remove(listener_.get());
}

void Forwarder::drop(Relay* relay) {
  relays_.erase(relay);
}

void Forwarder::accept() {
  Fd outside(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!outside) return;
  Fd inside(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(inside.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port_);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // A loopback connection is established or refused at once, except when the queue there is full.
  if (::connect(inside.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0) return;
  auto relay = std::make_unique<Relay>(*this, std::move(outside), std::move(inside));
  Relay* key = relay.get();
  relays_.emplace(key, std::move(relay));
}

}  // namespace gvm::cell
