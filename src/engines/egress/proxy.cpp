#include "egress/proxy.h"

#include <sys/socket.h>

#include <stdexcept>
#include <utility>

#include "egress/connection.h"
#include "egress/slot_state.h"

namespace gvm::egress {

std::string_view name_of(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::closed:
      return "closed";
    case RefusalReason::malformed:
      return "malformed";
    case RefusalReason::rules:
      return "rules";
    case RefusalReason::dns:
      return "dns";
    case RefusalReason::address:
      return "address";
    case RefusalReason::connect:
      return "connect";
    case RefusalReason::limit:
      return "limit";
  }
  return "unknown";
}

class Slot::Impl {
 public:
  explicit Impl(std::shared_ptr<SlotState> slot) : state(std::move(slot)) {}
  std::shared_ptr<SlotState> state;
};

struct Proxy::Impl {
  std::shared_ptr<ProxyCore> core;
};

Proxy::Proxy(asio::any_io_executor executor, net::Resolver& resolver, Dialer& dialer,
             log::Logger log)
    : impl_(std::make_shared<Impl>()) {
  impl_->core = std::make_shared<ProxyCore>(
      ProxyCore{std::move(executor), resolver, dialer, std::move(log), {}});
}

Proxy::~Proxy() = default;

std::unique_ptr<Slot> Proxy::listen(Fd listener) {
  int family = AF_INET;
  socklen_t size = sizeof(family);
  ::getsockopt(listener.get(), SOL_SOCKET, SO_DOMAIN, &family, &size);
  asio::ip::tcp::acceptor acceptor(impl_->core->executor);
  acceptor.assign(family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(),
                  listener.release());
  const auto state = std::make_shared<SlotState>(impl_->core, std::move(acceptor));
  state->accept_next();
  return std::unique_ptr<Slot>(new Slot(std::make_shared<Slot::Impl>(state)));
}

ProxyStats Proxy::stats() const {
  return impl_->core->stats;
}

Slot::Slot(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Slot::~Slot() {
  impl_->state->shut();
}

void Slot::open(std::shared_ptr<const SlotPolicy> policy) {
  impl_->state->open(std::move(policy));
}

SlotUsage Slot::close() {
  impl_->state->close();
  return impl_->state->usage();
}

bool Slot::is_open() const {
  return impl_->state->policy() != nullptr;
}

const SlotUsage& Slot::usage() const {
  return impl_->state->usage();
}

}  // namespace gvm::egress
