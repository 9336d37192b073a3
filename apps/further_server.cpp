#include "apps/further_server.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <utility>

#include "serve/listen_address.h"

namespace gvm::apps {
namespace {

// 0 when it is no TCP socket.
std::uint16_t port_of(int socket) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  auto* address = reinterpret_cast<sockaddr*>(&bound);
  if (::getsockname(socket, address, &size) != 0) return 0;
  if (bound.ss_family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in*>(address)->sin_port);
  if (bound.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<sockaddr_in6*>(address)->sin6_port);
  return 0;
}

}  // namespace

FurtherServer::FurtherServer(serve::ServerOptions options, std::string address, net::Lanes& lanes,
                             serve::Service* service, log::Logger logger)
    : options_(std::move(options)),
      configured_(std::move(address)),
      lanes_(lanes),
      service_(service),
      logger_(std::move(logger)) {}

Result<void> FurtherServer::bind_to(const std::string& address) {
  auto options = options_;
  options.bind_address = address;
  server_.emplace(std::move(options), lanes_, *service_, logger_);
  auto bound = server_->bind();
  if (!bound) server_.reset();
  return bound;
}

Result<void> FurtherServer::bind() {
  return service_ == nullptr ? Result<void>() : bind_to(configured_);
}

bool FurtherServer::is_ours(int socket) const {
  const auto wanted = serve::parse_listen_address(configured_);
  return socket >= 0 && wanted && !wanted->is_unix() && port_of(socket) == wanted->port;
}

void FurtherServer::take_over(Fd socket) {
  if (service_ == nullptr || server_) return;
  const bool ours = is_ours(socket.get());
  auto bound = bind_to(ours ? "fd://" + std::to_string(socket.release()) : configured_);
  if (bound) return;
  logger_.error("the module goes on without its further address",
                {{"address", Value::string(configured_)}, {"error", bound.error().to_value()}});
}

void FurtherServer::start(serve::Lifetime& lifetime) {
  if (!server_) return;
  server_->start();
  lifetime.also(*server_);
}

std::string FurtherServer::address() const {
  return server_ ? server_->address() : std::string();
}

Fd FurtherServer::duplicate_socket() const {
  return server_ ? server_->duplicate_socket() : Fd();
}

}  // namespace gvm::apps
