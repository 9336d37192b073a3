#include "support/mock_upstream/server.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <future>
#include <set>
#include <thread>

#include "support/mock_upstream/certificates.h"
#include "support/mock_upstream/connection.h"
#include "support/mock_upstream/control.h"
#include "support/mock_upstream/listener.h"

namespace gvm::mock {

class MockUpstream::Impl final : public ConnectionOwner {
 public:
  Impl(MockUpstream& self, const Options& options)
      : self_(self),
        engine_({.name = options.name,
                 .seed = options.seed,
                 .latency = options.latency,
                 .prices = options.prices,
                 .abandoned = options.abandoned,
                 .kept_calls = options.kept_calls}),
        listener_(context_, options.port, [this](tcp::socket s) { accept(std::move(s)); }),
        window_(context_) {
    if (options.transport == Transport::tls) certificates_.emplace();
    if (options.control_port) {
      control_.emplace(context_, *options.control_port,
                       [this](tcp::socket s) { serve_control(std::move(s)); });
    }
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Impl() override {
    context_.stop();
    thread_.join();
  }

  Work take(HttpRequest request, std::uint64_t connection) override {
    if (request.target.starts_with(kControlPath)) return control(self_, request);
    return engine_.take(std::move(request), connection);
  }
  Engine& engine() override { return engine_; }
  const Engine& engine() const { return engine_; }
  void closed(Connection& connection) override {
    if (open_.erase(&connection) > 0) engine_.records().connection_closed();
  }

  // Runs `f` on the upstream's thread, and waits for it.
  template <class F>
  auto inside(F&& f) -> decltype(f()) {
    if (context_.get_executor().running_in_this_thread()) return f();
    std::packaged_task<decltype(f())()> task(std::forward<F>(f));
    auto result = task.get_future();
    asio::post(context_, [&task] { task(); });
    return result.get();
  }

  // Called after a change of the rules, and at the ends of their windows.
  void judge_listening() {
    const auto now = engine_.listening();
    const bool begins = now.refuse && !listener_.refuses();
    listener_.refuse(now.refuse);
    // Behaves like the end of a process.
    if (begins) {
      for_each_open([](Connection& connection) { connection.reset(); });
    }
    window_.cancel();
    if (!now.until) return;
    window_.expires_at(*now.until);
    window_.async_wait([this](error_code ec) {
      if (!ec) judge_listening();
    });
  }

  std::size_t close_idle() {
    std::size_t count = 0;
    for_each_open([&](Connection& connection) { count += connection.close_if_idle() ? 1 : 0; });
    return count;
  }

  std::uint16_t port() const { return listener_.port(); }
  std::uint16_t control_port() const { return control_ ? control_->port() : port(); }
  const Certificates* certificates() const { return certificates_ ? &*certificates_ : nullptr; }

 private:
  // Closing one may end other connections, but none is destroyed during this loop: their operations
  // keep them alive.
  template <class F>
  void for_each_open(F&& f) {
    const std::vector<Connection*> all(open_.begin(), open_.end());
    for (Connection* connection : all) f(*connection);
  }

  void accept(tcp::socket socket) {
    const auto rule = engine_.connection_rule();
    const Fault& fault = rule->fault;
    asio::ssl::context* tls = certificates_ ? &certificates_->context(fault.tls) : nullptr;
    const bool shows_certificate =
        fault.tls == TlsFault::expired || fault.tls == TlsFault::wrong_host ||
        fault.tls == TlsFault::unknown_issuer || fault.tls == TlsFault::self_signed;
    if (!fault.at_connection() || shows_certificate) return serve(std::move(socket), tls);
    make(std::move(socket), tls)->strike(fault);
  }

  void serve(tcp::socket socket, asio::ssl::context* tls) { make(std::move(socket), tls)->serve(); }

  std::shared_ptr<Connection> make(tcp::socket socket, asio::ssl::context* tls) {
    auto made = std::make_shared<Connection>(*this, std::move(socket), next_connection_++, tls);
    open_.insert(made.get());
    engine_.records().connection_opened();
    return made;
  }

  // Not counted, and not affected by faults.
  void serve_control(tcp::socket socket) {
    std::make_shared<Connection>(*this, std::move(socket), next_connection_++, nullptr)->serve();
  }

  MockUpstream& self_;
  Engine engine_;
  std::optional<Certificates> certificates_;
  std::set<Connection*> open_;
  std::uint64_t next_connection_ = 0;
  asio::io_context context_{1};
  Listener listener_;
  std::optional<Listener> control_;
  asio::steady_timer window_;
  std::thread thread_;
};

MockUpstream::MockUpstream(Options options) : impl_(std::make_unique<Impl>(*this, options)) {}
MockUpstream::~MockUpstream() = default;

std::string MockUpstream::url(std::string_view path) const {
  const bool tls = impl_->certificates() != nullptr;
  const std::string origin = tls ? "https://localhost:" : "http://127.0.0.1:";
  return origin + std::to_string(port()) + std::string(path);
}
std::uint16_t MockUpstream::port() const {
  return impl_->port();
}
std::uint16_t MockUpstream::control_port() const {
  return impl_->control_port();
}
const std::string& MockUpstream::authority_pem() const {
  static const std::string none;
  const Certificates* certificates = impl_->certificates();
  return certificates != nullptr ? certificates->authority_pem() : none;
}

Result<void> MockUpstream::set_script(std::string_view json) {
  return impl_->inside([&]() -> Result<void> {
    auto done = impl_->engine().set_script(json);
    impl_->judge_listening();
    return done;
  });
}
void MockUpstream::set_rules(std::vector<Rule> rules) {
  impl_->inside([&] {
    impl_->engine().set_rules(std::move(rules));
    impl_->judge_listening();
  });
}
void MockUpstream::set_fault(const Fault& fault) {
  Rule rule;
  rule.fault = fault;
  set_rules({std::move(rule)});
}
void MockUpstream::set_latency(Latency latency) {
  impl_->engine().set_latency(latency);
}

Bill MockUpstream::bill() const {
  return impl_->engine().records().bill();
}
Stats MockUpstream::stats() const {
  return impl_->engine().records().stats();
}
std::vector<CallRecord> MockUpstream::calls() const {
  return impl_->engine().records().calls();
}
void MockUpstream::reset() {
  impl_->engine().records().reset();
}
bool MockUpstream::wait(const std::function<bool(const Stats&)>& condition,
                        std::chrono::milliseconds timeout) const {
  return impl_->engine().records().wait(condition, timeout);
}
bool MockUpstream::wait_for_calls(std::uint64_t at_least, std::chrono::milliseconds timeout) const {
  return wait([&](const Stats& stats) { return stats.calls >= at_least; }, timeout);
}
std::size_t MockUpstream::close_idle_connections() {
  return impl_->inside([&] { return impl_->close_idle(); });
}

}  // namespace gvm::mock
