#include "manager/manager.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <filesystem>
#include <optional>

#include "base/error_codes.h"
#include "manager/access.h"
#include "manager/api.h"

namespace gvm::manager {
namespace {

constexpr int kBacklog = 256;
constexpr unsigned kSocketMode = 0600;
// Hosts send SIGINT, wait for a second and kill.
constexpr std::chrono::milliseconds kAtOnce{600};
constexpr std::chrono::milliseconds kUsual{-1};  // the modules' shutdown_grace

class Manager : public std::enable_shared_from_this<Manager> {
 public:
  Manager(asio::io_context& context, const Options& options, const config::Environment& environment,
          log::Logger logger)
      : context_(context),
        options_(options),
        environment_(with_variables(environment)),
        logger_(std::move(logger)),
        relay_(STDOUT_FILENO),
        signals_(context, SIGTERM, SIGINT, SIGHUP) {
    using config::ModuleKind;
    llm_ = std::make_shared<ManagedModule>(context, ModuleKind::llm, options_, environment_,
                                           variables_, relay_, logger_);
    web_ = std::make_shared<ManagedModule>(context, ModuleKind::web, options_, environment_,
                                           variables_, relay_, logger_);
  }

  Result<void> start() {
    auto address = own_address();
    if (!address) return fail(std::move(address).error());
    if (const auto why = why_not_open(*address, options_.token); !why.empty())
      return fail(codes::kInvalidConfig, Fatality::fatal, why);
    std::shared_ptr<Executions> executions;
    if (!options_.executions.empty()) {
      auto parsed = parse_executions_address(options_.executions);
      if (!parsed) return fail(std::move(parsed).error());
      executions = std::make_shared<Executions>(context_, std::move(*parsed), logger_);
    }
    if (auto bound = bind(*address, listener_); !bound) return bound;
    if (auto bound = bind_admin(); !bound) return bound;
    auto api = std::make_shared<Api>(
        Api::Parts{context_, options_, environment_, variables_, llm_, web_, executions, logger_});
    serve_at(listener_, api, Access::of_hosts(options_.token, address->host));
    if (admin_)
      serve_at(admin_, std::make_shared<WatchOnly>(api), Access::of_watchers(options_.admin_token));
    wait_signal();
    if (options_.die_with_parent) watch_parent();
    if (admin_)
      logger_.info("the admin address is open",
                   {{"address", Value::string(admin_->address().to_string())}});
    logger_.info("ready", {{"address", Value::string(listener_->address().to_string())},
                           {"version", Value::string(options_.version)}});
    return {};
  }

 private:
  // What hosts have set comes first.
  config::Environment with_variables(config::Environment environment) const {
    environment.get_env = [this, outer = std::move(environment.get_env)](const std::string& name) {
      auto set = variables_.get(name);
      return set ? std::move(set) : outer(name);
    };
    return environment;
  }

  Result<serve::ListenAddress> own_address() const {
    if (!options_.socket.empty()) {
      // As the field's manager does it. What goes wrong is told when the socket is made.
      std::error_code ignored;
      const auto path = std::filesystem::absolute(options_.socket, ignored);
      std::filesystem::create_directories(path.parent_path(), ignored);
      return serve::parse_listen_address("unix://" + path.string());
    }
    const bool v6 = options_.host.find(':') != std::string::npos;
    return serve::parse_listen_address((v6 ? "[" + options_.host + "]" : options_.host) + ":" +
                                       std::to_string(options_.port));
  }

  Result<void> bind(const serve::ListenAddress& address,
                    std::shared_ptr<serve::Listener>& listener) {
    auto opened = serve::Listener::open(context_, address, kBacklog, serve::UnixFile{kSocketMode});
    if (!opened) return fail(std::move(opened).error());
    listener = std::move(*opened);
    return {};
  }

  Result<void> bind_admin() {
    if (options_.admin_address.empty()) return {};
    const auto address = serve::parse_listen_address(options_.admin_address);
    if (!address || address->is_inherited())
      return fail(codes::kInvalidConfig, Fatality::fatal,
                  "--admin-address: expected host:port, [v6]:port or unix:///path");
    if (const auto why = why_not_watched(*address, options_.admin_token); !why.empty())
      return fail(codes::kInvalidConfig, Fatality::fatal, why);
    return bind(*address, admin_);
  }

  void serve_at(const std::shared_ptr<serve::Listener>& listener,
                std::shared_ptr<HttpHandler> handler, Access access) {
    asio::co_spawn(context_,
                   serve_http(listener, std::move(handler), std::move(access), HttpLimits(),
                              logger_.child("http")),
                   asio::detached);
  }

  void wait_signal() {
    signals_.async_wait(
        [self = shared_from_this()](const boost::system::error_code& error, int number) {
          if (error) return;
          if (number == SIGHUP) {
            if (!self->ending_) self->reload_modules();
            return self->wait_signal();
          }
          if (self->ending_) {
            self->logger_.warn("second signal: ending at once");
            return self->context_.stop();
          }
          self->end(number == SIGINT ? "SIGINT" : "SIGTERM", number == SIGINT ? kAtOnce : kUsual);
          self->wait_signal();
        });
  }

  // What the modules were started with, read again.
  void reload_modules() {
    for (const auto& module : {llm_, web_})
      if (module->running())
        asio::co_spawn(context_, reload_module(shared_from_this(), module), asio::detached);
  }

  // The module itself logs what was refused.
  static asio::awaitable<void> reload_module(std::shared_ptr<Manager> self,
                                             std::shared_ptr<ManagedModule> module) {
    auto reloading = module->reload(std::nullopt);
    const auto done = co_await std::move(reloading);
    if (!done)
      self->logger_.error("SIGHUP: a module has not been reloaded",
                          {{"error", done.error().to_value()}});
  }

  // As in serve/run.cpp: PR_SET_PDEATHSIG looks at the parent's thread, not at the parent.
  void watch_parent() {
    const pid_t parent = ::getppid();
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, parent, 0));
    if (fd < 0) {
      (void)::prctl(PR_SET_PDEATHSIG, SIGINT);
    } else {
      parent_.emplace(context_, fd);
      parent_->async_wait(asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                            if (!error) self->end("the parent process is gone", kAtOnce);
                          });
    }
    if (::getppid() != parent) end("the parent process is gone", kAtOnce);
  }

  void end(const std::string& why, std::chrono::milliseconds grace) {
    if (std::exchange(ending_, true)) return;
    logger_.info("shutting down", {{"reason", Value::string(why)}});
    listener_->close();
    if (admin_) admin_->close();
    asio::co_spawn(context_, end_modules(shared_from_this(), grace), asio::detached);
  }

  static asio::awaitable<void> end_modules(std::shared_ptr<Manager> self,
                                           std::chrono::milliseconds grace) {
    int left = 2;
    Signal ended(self->context_);
    for (const auto& module : {self->llm_, self->web_}) {
      asio::co_spawn(self->context_, end_module(module, grace),
                     [&left, &ended](const std::exception_ptr&) {
                       --left;
                       ended.set();
                     });
    }
    while (left > 0) {
      auto waiting = ended.wait(Deadline::never());
      co_await std::move(waiting);
    }
    self->logger_.info("shut down");
    self->context_.stop();
  }

  static asio::awaitable<void> end_module(std::shared_ptr<ManagedModule> module,
                                          std::chrono::milliseconds grace) {
    auto ending = module->end(grace);
    co_await std::move(ending);
  }

  asio::io_context& context_;
  const Options& options_;
  Variables variables_;
  const config::Environment environment_;
  log::Logger logger_;
  LineRelay relay_;
  asio::signal_set signals_;
  std::optional<asio::posix::stream_descriptor> parent_;
  std::shared_ptr<serve::Listener> listener_;
  std::shared_ptr<serve::Listener> admin_;  // null: there is none
  std::shared_ptr<ManagedModule> llm_;
  std::shared_ptr<ManagedModule> web_;
  bool ending_ = false;
};

}  // namespace

Result<int> run_manager(const Options& options, const config::Environment& environment,
                        log::Logger logger) {
  std::signal(SIGPIPE, SIG_IGN);
  // Coroutines hold the manager: what is left of them goes with the context.
  asio::io_context context(1);
  auto manager = std::make_shared<Manager>(context, options, environment, logger);
  if (auto started = manager->start(); !started) return fail(std::move(started).error());
  context.run();
  return 0;
}

}  // namespace gvm::manager
