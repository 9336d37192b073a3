#include "serve/server.h"

#include <sys/resource.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

#include "base/error_codes.h"
#include "serve/connection.h"
#include "serve/event.h"
#include "serve/listener.h"

namespace gvm::serve {
namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr Clock::duration kAcceptBackoff = std::chrono::milliseconds(50);
constexpr std::chrono::milliseconds kLastWait{
    5'000};  // for the destructor; aborted sessions need far less
constexpr std::size_t kDescriptorsPerSession = 3;  // its own, and one upstream with its duplicate
constexpr std::size_t kOtherDescriptors = 256;

// The process or the machine is out of something: trying again at once would spin.
bool exhausted(const boost::system::error_code& error) {
  return error == boost::system::errc::too_many_files_open ||
         error == boost::system::errc::too_many_files_open_in_system ||
         error == boost::system::errc::no_buffer_space ||
         error == boost::system::errc::not_enough_memory;
}

Result<void> check(const ServerOptions& options) {
  if (options.max_message_bytes == 0 || options.max_message_bytes >= kLargestMessageLimit) {
    return fail(codes::kInvalidConfig, Fatality::fatal,
                "max_message_bytes must be from 1 to under 1 GiB");
  }
  if (options.max_sessions == 0 || options.max_other_connections == 0) {
    return fail(codes::kInvalidConfig, Fatality::fatal, "limits on connections must be at least 1");
  }
  return {};
}

// The soft limit on descriptors is often 1024, made for select(); the hard one is what the operator
// allows.
void raise_descriptor_limit(const Core& core) {
  const rlim_t wanted = core.options.max_sessions * kDescriptorsPerSession +
                        core.options.max_other_connections + kOtherDescriptors;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted) return;
  core.log.warn("descriptor limit is below what max_sessions may need",
                {{"limit", Value::integer(Integer::from_u64(limit.rlim_cur))},
                 {"wanted", Value::integer(Integer::from_u64(wanted))}});
}

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Server::Impl> {
 public:
  Impl(ServerOptions options, net::Lanes& lanes, Service& service, log::Logger log)
      : lanes_(lanes), core_(std::make_shared<Core>(std::move(options), service, std::move(log))) {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      core_->counters.push_back(std::make_unique<LaneCounters>());
      hubs_.push_back(std::make_shared<Hub>(lanes_.at(i), core_));
    }
  }

  Core& core() { return *core_; }
  const Listener* listener() const { return listener_.get(); }

  Result<void> bind() {
    if (auto checked = check(core_->options); !checked) return checked;
    const auto address = parse_listen_address(core_->options.bind_address);
    if (!address) return fail(address.error());
    auto opened = Listener::open(lanes_.at(0).context(), *address, core_->options.backlog,
                                 core_->options.unix_mode);
    if (!opened) return fail(std::move(opened.error()));
    listener_ = std::move(*opened);
    raise_descriptor_limit(*core_);
    return {};
  }

  void start() {
    started_ = true;
    asio::co_spawn(lanes_.at(0).executor(), accept_all(shared_from_this()),
                   [](const std::exception_ptr&) {});
  }

  void shutdown(std::chrono::milliseconds grace) {
    if (calls_.fetch_add(1) > 0) {
      for_each_hub([](Hub& hub) { hub.abort(); });
      return;
    }
    core_->gate.stop();
    if (!started_) {
      listener_.reset();
      core_->gate.listener_closed();
      return;
    }
    asio::post(lanes_.at(0).executor(), [self = shared_from_this()] { self->close_listener(); });
    const auto end = Clock::now() + grace;
    for_each_hub([end](Hub& hub) { hub.drain(end); });
  }

  bool started() const { return started_; }

 private:
  static asio::awaitable<void> accept_all(std::shared_ptr<Impl> self) {
    Event pause(self->lanes_.at(0).executor());
    bool complained = false;
    while (self->listener_ && self->listener_->acceptor().is_open()) {
      auto& lane = self->lanes_.next();
      auto& acceptor = self->listener_->acceptor();
      auto [error, socket] = co_await acceptor.async_accept(lane.context(), kToken);
      if (!error) {
        complained = false;
        self->adopt(lane, std::move(socket));
        continue;
      }
      if (!exhausted(error))
        continue;  // the peer gave up before it was accepted, or we were closed
      if (!complained)
        self->core_->log.error("cannot accept", {{"error", Value::string(error.message())}});
      complained = true;
      auto waiting = pause.wait_for(kAcceptBackoff);
      co_await std::move(waiting);
    }
  }

  void adopt(net::Lane& lane, Socket socket) {
    auto ticket = core_->gate.enter();
    auto& hub = hubs_[lane.index()];
    if (!ticket) {
      // On the accepting lane: not that lane's own counter set, which only its own thread writes.
      hubs_[0]->counters().refused[static_cast<std::size_t>(ticket.error())].add(1);
      return;
    }
    asio::co_spawn(lane.executor(), serve_connection(hub, std::move(socket), std::move(*ticket)),
                   [hub](const std::exception_ptr& failure) {
                     if (failure) hub->core().log.error("connection failed by an exception");
                   });
  }

  void close_listener() {
    listener_->close();
    core_->gate.listener_closed();
  }

  void for_each_hub(auto&& act) {
    for (const auto& hub : hubs_) {
      asio::post(hub->lane().executor(), [hub, act] { act(*hub); });
    }
  }

  net::Lanes& lanes_;
  std::shared_ptr<Core> core_;
  std::vector<std::shared_ptr<Hub>> hubs_;
  std::unique_ptr<Listener> listener_;
  std::atomic<int> calls_{0};
  bool started_ = false;
};

Server::Server(ServerOptions options, net::Lanes& lanes, Service& service, log::Logger log)
    : impl_(std::make_shared<Impl>(std::move(options), lanes, service, std::move(log))) {}

Server::~Server() {
  impl_->shutdown(std::chrono::milliseconds(0));
  impl_->shutdown(std::chrono::milliseconds(0));
  if (impl_->started()) impl_->core().gate.wait_empty(kLastWait);
}

Result<void> Server::bind() {
  return impl_->bind();
}

void Server::start() {
  impl_->start();
}

std::uint16_t Server::port() const {
  return impl_->listener() == nullptr ? 0 : impl_->listener()->address().port;
}

std::string Server::address() const {
  return impl_->listener() == nullptr ? std::string() : impl_->listener()->address().to_string();
}

std::size_t Server::sessions() const {
  return impl_->core().gate.sessions();
}

std::size_t Server::connections() const {
  return impl_->core().gate.connections();
}

void Server::shutdown(std::chrono::milliseconds grace) {
  impl_->shutdown(grace);
}

bool Server::wait(std::chrono::milliseconds span) {
  return impl_->core().gate.wait_empty(span);
}

void Server::on_stopped(std::function<void()> callback) {
  impl_->core().gate.on_empty(std::move(callback));
}

}  // namespace gvm::serve
