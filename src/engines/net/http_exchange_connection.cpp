// The connection of an exchange: sockets are opened, checked and given up here.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include "net/http_exchange.h"

namespace gvm::net {
namespace {

// AF_UNSPEC when `ip` is no address.
sockaddr_storage socket_address(const char* ip, int port) {
  sockaddr_storage out{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(out);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
  if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<std::uint16_t>(port));
  } else if (inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(static_cast<std::uint16_t>(port));
  }
  return out;
}

}  // namespace

bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PUT" ||
         method == "DELETE";
}

// Called before the request is sent, on new and pooled connections alike. A check only when
// connections are opened would not cover reused connections.
int Exchange::on_connected(void* self, char* remote_ip, char*, int remote_port, int local_port) {
  auto& exchange = *static_cast<Exchange*>(self);
  const bool by_path = !exchange.request_->unix_socket_path.empty();
  const auto remote = socket_address(remote_ip, remote_port);
  if (!by_path && !exchange.may_dial(reinterpret_cast<const sockaddr&>(remote))) {
    exchange.stop(Stopped::forbidden);
    return CURL_PREREQFUNC_ABORT;
  }
  // The second time for one request: the pooled connection was closed, and libcurl has opened
  // another.
  if (exchange.sent_ && !exchange.may_resend()) {
    exchange.stop(Stopped::resend);
    return CURL_PREREQFUNC_ABORT;
  }
  const ConnectionKey route{remote_ip, remote_port, local_port};
  exchange.pooled_ = exchange.opened_.empty();
  if (!by_path) exchange.socket_ = exchange.owner_.connected(route, exchange.opened_);
  exchange.opened_.clear();
  if (exchange.owner_.has_unasked_input(exchange.socket_)) {
    exchange.stop(Stopped::spoiled);
    return CURL_PREREQFUNC_ABORT;
  }
  exchange.sent_ = true;
  exchange.closed_.reset();
  exchange.stopped_ = Stopped::no;  // another address of the same name may have been refused before
  exchange.uploaded_ = 0;
  exchange.enter(exchange.request_->body.size() > kSentAtOnce ? Phase::sending : Phase::waiting);
  return CURL_PREREQFUNC_OK;
}

curl_socket_t Exchange::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& exchange = *static_cast<Exchange*>(self);
  if (address->family != AF_UNIX && !exchange.may_dial(address->addr)) {
    exchange.stop(Stopped::forbidden);
    return CURL_SOCKET_BAD;
  }
  const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                          address->protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  if (!exchange.owner_.socket_opened(fd)) {
    ::close(fd);
    return CURL_SOCKET_BAD;
  }
  exchange.opened_.push_back(fd);
  return fd;
}

int Exchange::on_resolve(void*, void*, void* self) {
  return static_cast<Exchange*>(self)->dial_.must_not_resolve() ? 1 : 0;
}

int Exchange::close_socket(void* owner, curl_socket_t fd) {
  static_cast<ExchangeOwner*>(owner)->close_socket(fd);
  return 0;
}

void Exchange::closing(curl_socket_t fd) {
  if (sent_ && fd == socket_ && !closed_) closed_ = Clock::now();
}

// Of a request that was sent and has no byte of answer, on a connection that libcurl has given up.
// A server that closes a kept connection while a request is on its way to it says so within a round
// trip; one that works on the request and then loses it takes longer. On a new connection libcurl
// gives up only what HTTP/2 refuses: RFC 9113, 8.7 and 6.8, REFUSED_STREAM, or GOAWAY with a lower
// stream id. On a kept one it does not tell such a refusal, which also comes at once, from an end.
bool Exchange::was_not_processed() const {
  constexpr std::chrono::seconds kRoundTrip{1};
  if (phase_ == Phase::sending) return true;
  if (stopped_ == Stopped::resend && !pooled_) return true;
  return closed_.value_or(Clock::now()) - progressed_ <= kRoundTrip;
}

// For a proxy, its own address is checked here; the server's address was checked before.
bool Exchange::may_dial(const sockaddr& address) const {
  if (address_of(address) == std::nullopt) return false;
  if (request_->proxy) return owner_.proxy_address_allowed(address);
  return is_pinned(*request_, address) && owner_.address_allowed(address);
}

bool Exchange::may_resend() const {
  switch (request_->resend) {
    case Resend::always:
      return true;
    case Resend::safe_method:
      return is_idempotent(request_->method);
    case Resend::never:
      return false;
  }
  return false;
}

bool Exchange::used_pooled_connection() const {
  long opened = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_NUM_CONNECTS, &opened);
  return opened == 0;
}

}  // namespace gvm::net
