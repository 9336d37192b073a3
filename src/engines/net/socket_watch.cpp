#include "net/socket_watch.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>
#include <cerrno>
#include <utility>

namespace gvm::net {

static_assert(CURL_POLL_IN == CURL_CSELECT_IN && CURL_POLL_OUT == CURL_CSELECT_OUT,
              "interest and readiness share their bits");

struct SocketWatch::Entry {
  using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

  // Null when no file descriptors are left.
  static std::shared_ptr<Entry> make(asio::io_context& context, curl_socket_t fd) {
    const int duplicate = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (duplicate < 0) return nullptr;
    return std::make_shared<Entry>(context, fd, duplicate);
  }

  Entry(asio::io_context& context, curl_socket_t fd_, int duplicate_)
      : descriptor(context), fd(fd_), duplicate(duplicate_) {}
  ~Entry() {
    if (!released) close();
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  // Registered with the first wait: the reactor would be woken by a socket that has not begun to
  // connect.
  void enter_reactor() {
    if (!descriptor.is_open()) descriptor.assign(duplicate);
  }
  void close() {
    boost::system::error_code ignored;
    if (descriptor.is_open())
      descriptor.close(ignored);
    else
      ::close(duplicate);
    released = true;
  }

  Descriptor descriptor;  // owns the duplicate once it is open
  curl_socket_t fd;
  int duplicate;
  int wanted = 0;         // CURL_POLL_IN | CURL_POLL_OUT
  int waiting = 0;        // the waits under way, same bits
  bool released = false;  // waits under way then end without effect
};

namespace {

std::uint64_t key_of(const ConnectionKey& route) {
  constexpr unsigned kPortBits = 16;
  const auto ports = (static_cast<std::uint64_t>(route.remote_port) << kPortBits) |
                     static_cast<std::uint64_t>(route.local_port);
  const auto key = std::hash<std::string_view>()(route.remote_ip) ^ ports;
  return key == 0 ? 1 : key;
}

// -1 when `fd` is not a connected socket, or no longer one.
int local_port_of(curl_socket_t fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return -1;
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port);
  return ntohs(reinterpret_cast<sockaddr_in6&>(address).sin6_port);
}

}  // namespace

SocketWatch::SocketWatch(asio::io_context& context, OnReady on_ready)
    : context_(context), on_ready_(std::move(on_ready)) {}

SocketWatch::~SocketWatch() {
  release_all();
}

SocketWatch::Slot& SocketWatch::slot(curl_socket_t fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= slots_.size()) slots_.resize(index + 1);
  return slots_[index];
}

bool SocketWatch::opened(curl_socket_t fd) {
  Slot& slot = this->slot(fd);
  forget(slot);
  // The file descriptor's number is used again, and libcurl may believe that it still watches it.
  const int wanted = slot.entry == nullptr ? 0 : slot.entry->wanted;
  release(slot);
  slot.entry = Entry::make(context_, fd);
  if (slot.entry != nullptr && wanted != 0) want(fd, wanted);
  return slot.entry != nullptr;
}

void SocketWatch::want(curl_socket_t fd, int what) {
  Slot& slot = this->slot(fd);
  if (what == CURL_POLL_REMOVE) {
    if (slot.entry == nullptr) return;
    slot.entry->wanted = 0;
    if (slot.route == 0) return release(slot);
    // A wait that nobody needs would keep the io_context running.
    if (slot.entry->waiting != 0) slot.entry->descriptor.cancel();
    return;
  }
  if (slot.entry == nullptr) slot.entry = Entry::make(context_, fd);
  if (slot.entry == nullptr) return;  // the request's timeouts end it
  slot.entry->wanted = what & CURL_POLL_INOUT;
  slot.entry->enter_reactor();
  watch(slot.entry);
}

curl_socket_t SocketWatch::connected(const ConnectionKey& route,
                                     const std::vector<curl_socket_t>& candidates) {
  const auto key = key_of(route);
  if (const auto known = connections_.find(key); known != connections_.end()) return known->second;
  for (const curl_socket_t fd : candidates) {
    if (local_port_of(fd) != route.local_port) continue;
    connections_[key] = fd;
    slot(fd).route = key;
    return fd;
  }
  return CURL_SOCKET_BAD;
}

void SocketWatch::idle(curl_socket_t fd) {
  if (fd != CURL_SOCKET_BAD && slot(fd).route != 0) slot(fd).idle = true;
}

bool SocketWatch::end_idle(curl_socket_t fd) {
  if (fd == CURL_SOCKET_BAD || !std::exchange(slot(fd).idle, false)) return false;
  char byte = 0;
  const auto n = ::recv(fd, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT);
  return n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

void SocketWatch::close(curl_socket_t fd) {
  Slot& slot = this->slot(fd);
  release(slot);
  forget(slot);
  ::close(fd);
}

void SocketWatch::forget(Slot& slot) {
  if (slot.route != 0) connections_.erase(slot.route);
  slot.route = 0;
  slot.idle = false;
}

void SocketWatch::release_all() {
  for (Slot& slot : slots_) release(slot);
}

void SocketWatch::release(Slot& slot) {
  if (slot.entry == nullptr) return;
  slot.entry->close();
  slot.entry.reset();
}

void SocketWatch::watch(const std::shared_ptr<Entry>& entry) {
  const int missing = entry->wanted & ~entry->waiting;
  if (missing & CURL_POLL_IN) wait(entry, CURL_POLL_IN);
  if (missing & CURL_POLL_OUT) wait(entry, CURL_POLL_OUT);
}

void SocketWatch::wait(const std::shared_ptr<Entry>& entry, int bit) {
  using Descriptor = Entry::Descriptor;
  entry->waiting |= bit;
  const auto kind = bit == CURL_POLL_IN ? Descriptor::wait_read : Descriptor::wait_write;
  entry->descriptor.async_wait(
      kind, [this, entry, bit](const boost::system::error_code& ec) { ready(entry, bit, ec); });
}

void SocketWatch::ready(const std::shared_ptr<Entry>& entry, int bit,
                        const boost::system::error_code& ec) {
  if (entry->released) return;  // `this` may have been destroyed
  entry->waiting &= ~bit;
  const bool withdrawn = ec == asio::error::operation_aborted;
  if (!withdrawn && (entry->wanted & bit) != 0) on_ready_(entry->fd, ec ? CURL_CSELECT_ERR : bit);
  if (!entry->released) watch(entry);
}

}  // namespace gvm::net
