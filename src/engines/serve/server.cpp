#include "serve/server.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>
#include <vector>

#include "base/error_codes.h"
#include "serve/codes.h"
#include "serve/connection.h"
#include "serve/event.h"
#include "serve/history_clock.h"
#include "serve/listener.h"
#include "serve/tcp_options.h"

namespace gvm::serve {
namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr Clock::duration kAcceptBackoff = std::chrono::milliseconds(50);
constexpr std::chrono::milliseconds kLastWait{
    5'000};  // for the destructor; aborted sessions need far less
constexpr std::size_t kDescriptorsPerSession = 3;  // its own, and one upstream with its duplicate
constexpr std::size_t kOtherDescriptors = 256;

// The process or the machine is out of descriptors or memory: trying again at once would spin.
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
      registries_.push_back(std::make_shared<ConnectionRegistry>(lanes_.at(i), core_));
    }
  }

  Core& core() { return *core_; }
  Listener* listener() const { return listeners_.empty() ? nullptr : listeners_.front().get(); }
  void on_exhausted(std::function<void()> callback) {
    const std::lock_guard lock(exhausted_mutex_);
    on_exhausted_ = std::move(callback);
    if (exhausted_ && on_exhausted_) on_exhausted_();
  }

  Result<void> bind() {
    if (auto checked = check(core_->options); !checked) return checked;
    if (auto bound = bind_address(); !bound) return bound;
    raise_descriptor_limit(*core_);
    return {};
  }

  Result<void> bind_admin() {
    const std::string& text = core_->options.admin.address;
    if (text.empty() || admin_ != nullptr) return {};
    const auto address = parse_listen_address(text);
    if (!address) return fail(address.error());
    auto opened =
        Listener::open(lanes_.at(0).context(), *address, core_->options.backlog, UnixFile{});
    if (!opened) return fail(std::move(opened.error()));
    admin_ = std::move(*opened);
    return {};
  }

  std::string admin_address() const {
    return admin_ == nullptr ? std::string() : admin_->address().to_string();
  }

  void start() {
    started_ = true;
    for (const auto& listener : listeners_) accept_at(*listener, Door::sessions);
    if (admin_ != nullptr) accept_at(*admin_, Door::admin);
    asio::post(lanes_.at(0).executor(), [self = shared_from_this()] { self->serve_connected(); });
    history_ = std::make_shared<HistoryClock>(lanes_.at(0), core_);
    history_->start();
  }

  void stop_history() {
    if (history_ != nullptr) history_->stop();
  }

  void shutdown(std::chrono::milliseconds grace) {
    if (calls_.fetch_add(1) > 0) {
      for_each_registry([](ConnectionRegistry& registry) { registry.abort(); });
      return;
    }
    core_->limits.stop();
    stop_history();
    if (!started_) {
      listeners_.clear();
      admin_.reset();
      core_->limits.listener_closed();
      return;
    }
    asio::post(lanes_.at(0).executor(), [self = shared_from_this()] {
      self->close_listeners();
      self->core_->limits.listener_closed();
    });
    const auto end = Clock::now() + grace;
    for_each_registry([end](ConnectionRegistry& registry) { registry.drain(end); });
  }

  void retire(std::function<void()> closed) {
    stop_history();
    asio::post(lanes_.at(0).executor(), [self = shared_from_this(), closed = std::move(closed)] {
      self->close_listeners();
      closed();  // first: with nobody here the process ends at once
      self->core_->limits.listener_closed();
    });
  }

  bool started() const { return started_; }

 private:
  // The inherited sockets, or the configured address.
  Result<void> bind_address() {
    const std::string& text = core_->options.bind_address;
    const auto activated = take_activation_descriptors();
    if (text.empty() && activated.empty()) {
      return fail(codes::kListenFailed, Fatality::fatal,
                  "bind_address is null, and no socket was inherited (LISTEN_FDS)");
    }
    const auto address = text.empty() ? Result<ListenAddress>() : parse_listen_address(text);
    if (!address) return fail(address.error());
    if (address->is_inherited()) return inherit({address->fd});
    if (!activated.empty()) return inherit(activated);
    auto opened =
        Listener::open(lanes_.at(0).context(), *address, core_->options.backlog,
                       UnixFile{core_->options.unix_mode, core_->options.peers.unix_group});
    if (!opened) return fail(std::move(opened.error()));
    listeners_.push_back(std::move(*opened));
    return {};
  }

  Result<void> inherit(const std::vector<int>& descriptors) {
    for (const int fd : descriptors) {
      const auto socket = inspect_inherited(fd);
      if (!socket) return fail(socket.error());
      if (socket->role == InheritedSocket::Role::connected) {
        connected_.push_back(*socket);
        continue;
      }
      auto listener = Listener::adopt(lanes_.at(0).context(), *socket);
      if (!listener) return fail(std::move(listener.error()));
      listeners_.push_back(std::move(*listener));
    }
    return {};
  }

  // On the first lane.
  void serve_connected() {
    open_inherited_ = connected_.size();
    for (const auto& inherited : std::exchange(connected_, {})) {
      auto& lane = lanes_.next();
      set_tcp_options(inherited.fd);
      Socket socket(lane.context());
      boost::system::error_code error;
      socket.assign(asio::generic::stream_protocol(inherited.family, 0), inherited.fd, error);
      if (!error)
        adopt(lane, std::move(socket), Door::sessions,
              [self = shared_from_this()] { self->inherited_ended(); });
    }
  }

  // On any lane.
  void inherited_ended() {
    if (open_inherited_.fetch_sub(1) != 1 || !listeners_.empty()) return;
    const std::lock_guard lock(exhausted_mutex_);
    exhausted_ = true;
    if (on_exhausted_) on_exhausted_();
  }

  void accept_at(Listener& listener, Door door) {
    asio::co_spawn(lanes_.at(0).executor(), accept_all(shared_from_this(), listener, door),
                   [](const std::exception_ptr&) {});
  }

  static asio::awaitable<void> accept_all(std::shared_ptr<Impl> self, Listener& listener,
                                          Door door) {
    Event pause(self->lanes_.at(0).executor());
    bool complained = false;
    auto& acceptor = listener.acceptor();
    while (acceptor.is_open()) {
      // Those of the admin address are on one lane, which knows who has waited longest.
      auto& lane = door == Door::admin ? self->lanes_.at(0) : self->lanes_.next();
      auto [error, socket] = co_await acceptor.async_accept(lane.context(), kToken);
      if (!error) {
        complained = false;
        self->adopt(lane, std::move(socket), door);
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

  // `ended` runs when the connection is over, on its lane.
  void adopt(net::Lane& lane, Socket socket, Door door, std::function<void()> ended = {}) {
    if (door == Door::admin && core_->limits.admin_is_full() && registries_[0]->make_way())
      count_refusal(RefusalReason::admin_connections);
    auto admission = core_->limits.enter(door);
    auto& registry = registries_[lane.index()];
    if (!admission) {
      count_refusal(admission.error());
      return;
    }
    asio::co_spawn(lane.executor(),
                   serve_connection(registry, std::move(socket), std::move(*admission), door),
                   [registry, ended = std::move(ended)](const std::exception_ptr& failure) {
                     if (failure) registry->core().log.error("connection failed by an exception");
                     if (ended) ended();
                   });
  }

  // On the first lane, which accepts: its own counters, which only its own thread writes.
  void count_refusal(RefusalReason reason) {
    registries_[0]->counters().refused[static_cast<std::size_t>(reason)].add(1);
  }

  void close_listeners() {
    for (const auto& listener : listeners_) listener->close();
    if (admin_ != nullptr) admin_->close();
  }

  void for_each_registry(auto&& act) {
    for (const auto& registry : registries_) {
      asio::post(registry->lane().executor(), [registry, act] { act(*registry); });
    }
  }

  net::Lanes& lanes_;
  std::shared_ptr<Core> core_;
  std::vector<std::shared_ptr<ConnectionRegistry>> registries_;
  std::vector<std::unique_ptr<Listener>> listeners_;  // not changed once started
  std::unique_ptr<Listener> admin_;                   // null: there is none; as the others
  std::vector<InheritedSocket> connected_;            // until they are served
  std::atomic<std::size_t> open_inherited_{0};
  std::mutex exhausted_mutex_;
  bool exhausted_ = false;
  std::function<void()> on_exhausted_;
  std::shared_ptr<HistoryClock> history_;
  std::atomic<int> calls_{0};
  bool started_ = false;
};

Server::Server(ServerOptions options, net::Lanes& lanes, Service& service, log::Logger log)
    : impl_(std::make_shared<Impl>(std::move(options), lanes, service, std::move(log))) {}

Server::~Server() {
  impl_->shutdown(std::chrono::milliseconds(0));
  impl_->shutdown(std::chrono::milliseconds(0));
  if (impl_->started()) impl_->core().limits.wait_empty(kLastWait);
}

Result<void> Server::bind() {
  return impl_->bind();
}

Result<void> Server::bind_admin() {
  return impl_->bind_admin();
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

std::string Server::admin_address() const {
  return impl_->admin_address();
}

Fd Server::duplicate_socket() const {
  Listener* listener = impl_->listener();
  if (listener == nullptr || listener->address().is_unix()) return {};
  return Fd(::fcntl(listener->acceptor().native_handle(), F_DUPFD_CLOEXEC, 0));
}

std::size_t Server::sessions() const {
  return impl_->core().limits.sessions();
}

std::size_t Server::connections() const {
  return impl_->core().limits.connections();
}

void Server::shutdown(std::chrono::milliseconds grace) {
  impl_->shutdown(grace);
}

void Server::retire(std::function<void()> closed) {
  impl_->retire(std::move(closed));
}

bool Server::wait(std::chrono::milliseconds span) {
  return impl_->core().limits.wait_empty(span);
}

void Server::on_exhausted(std::function<void()> callback) {
  impl_->on_exhausted(std::move(callback));
}

void Server::on_stopped(std::function<void()> callback) {
  impl_->core().limits.on_empty(std::move(callback));
}

}  // namespace gvm::serve
