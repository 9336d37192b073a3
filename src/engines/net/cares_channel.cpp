#include "net/cares_channel.h"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "net/http_dial.h"

namespace gvm::net {
namespace {

void start_cares() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
      throw std::runtime_error("c-ares: cannot start");
  });
}

void check(int status, const char* what) {
  if (status != ARES_SUCCESS)
    throw std::runtime_error(std::string("c-ares: ") + what + ": " + ares_strerror(status));
}

std::string joined(const std::vector<std::string>& servers) {
  std::string out;
  for (const auto& server : servers) out.append(out.empty() ? "" : ",").append(server);
  return out;
}

DnsAnswer answer_of(int status, const ares_addrinfo* found) {
  DnsAnswer out{.status = status};
  if (status != ARES_SUCCESS || found == nullptr) return out;
  int ttl = INT32_MAX;
  for (const auto* node = found->nodes; node != nullptr; node = node->ai_next) {
    if (auto address = address_of(*node->ai_addr)) out.addresses.push_back(std::move(*address));
    ttl = std::min(ttl, node->ai_ttl);
  }
  for (const auto* alias = found->cnames; alias != nullptr; alias = alias->next)
    ttl = std::min(ttl, alias->ttl);
  out.ttl = std::chrono::seconds(std::max(ttl, 0));
  return out;
}

}  // namespace

struct CaresChannel::Socket {
  Socket(asio::io_context& context, ares_socket_t fd_) : descriptor(context, fd_), fd(fd_) {}

  asio::posix::stream_descriptor descriptor;
  ares_socket_t fd;
  bool want_read = false;
  bool want_write = false;
  bool waits_read = false;
  bool waits_write = false;
  bool closed = false;  // once closed, the channel may be destroyed
};

CaresChannel::CaresChannel(asio::io_context& context, const ResolverOptions& options)
    : context_(context), timer_(context) {
  start_cares();
  std::string lookups = "b";  // DNS servers only; the resolver reads the hosts file itself
  ares_options settings{};
  settings.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
  settings.timeout = static_cast<int>(options.try_timeout.count());
  settings.tries = options.tries;
  settings.lookups = lookups.data();
  settings.sock_state_cb = &CaresChannel::on_socket;
  settings.sock_state_cb_data = this;
  check(ares_init_options(&channel_, &settings,
                          ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
                              ARES_OPT_SOCK_STATE_CB),
        "cannot start");
  if (options.servers.empty()) return;
  const int status = ares_set_servers_ports_csv(channel_, joined(options.servers).c_str());
  if (status != ARES_SUCCESS) ares_destroy(std::exchange(channel_, nullptr));
  check(status, "the name servers");
}

CaresChannel::~CaresChannel() {
  alive_.reset();
  ares_destroy(channel_);  // closes its sockets through on_socket
}

void CaresChannel::query(const std::string& host, Done done) {
  ares_addrinfo_hints hints{};
  hints.ai_flags = ARES_AI_NOSORT;  // sorting would open a socket to every address
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  auto kept = std::make_unique<Done>(std::move(done));
  ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &CaresChannel::on_answer,
                   kept.release());
  arm();
}

void CaresChannel::on_answer(void* done, int status, int, ares_addrinfo* found) {
  const std::unique_ptr<Done> owned(static_cast<Done*>(done));
  auto answer = answer_of(status, found);
  if (found != nullptr) ares_freeaddrinfo(found);
  (*owned)(std::move(answer));
}

void CaresChannel::on_socket(void* self, ares_socket_t fd, int readable, int writable) {
  static_cast<CaresChannel*>(self)->watch(fd, readable != 0, writable != 0);
}

void CaresChannel::watch(ares_socket_t fd, bool readable, bool writable) {
  auto& socket = sockets_[fd];
  if (!readable && !writable) {  // c-ares is about to close it
    if (socket) {
      socket->closed = true;
      socket->descriptor.release();
    }
    sockets_.erase(fd);
    return;
  }
  if (!socket) socket = std::make_shared<Socket>(context_, fd);
  socket->want_read = readable;
  socket->want_write = writable;
  const auto kept = socket;
  if (readable && !kept->waits_read) wait(kept, false);
  if (writable && !kept->waits_write) wait(kept, true);
}

void CaresChannel::wait(const std::shared_ptr<Socket>& socket, bool for_write) {
  (for_write ? socket->waits_write : socket->waits_read) = true;
  const auto kind = for_write ? asio::posix::stream_descriptor::wait_write
                              : asio::posix::stream_descriptor::wait_read;
  socket->descriptor.async_wait(kind, [this, socket, for_write](const boost::system::error_code&) {
    (for_write ? socket->waits_write : socket->waits_read) = false;
    if (socket->closed) return;
    const bool wanted = for_write ? socket->want_write : socket->want_read;
    if (!wanted) return;
    ares_process_fd(channel_, for_write ? ARES_SOCKET_BAD : socket->fd,
                    for_write ? socket->fd : ARES_SOCKET_BAD);
    const bool still = for_write ? socket->want_write : socket->want_read;
    if (!socket->closed && still) wait(socket, for_write);
    arm();
  });
}

// The next time limit of c-ares; none when no query is under way.
void CaresChannel::arm() {
  timeval limit{};
  const timeval* next = ares_timeout(channel_, nullptr, &limit);
  if (next == nullptr) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::chrono::seconds(next->tv_sec) +
                       std::chrono::microseconds(next->tv_usec));
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& ec) {
    if (ec || alive.expired()) return;
    ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    arm();
  });
}

}  // namespace gvm::net
