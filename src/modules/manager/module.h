#pragma once
// One module under the manager: its process, its listening socket, its restarts. The socket is the
// manager's, so that connections wait in the kernel while one process hands over to the next.
// On the manager's thread; whoever awaits one of its functions holds it.
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "config/common_config.h"
#include "config/environment.h"
#include "manager/launcher.h"
#include "manager/start_request.h"
#include "serve/listener.h"

namespace gvm::manager {

class ManagedModule : public std::enable_shared_from_this<ManagedModule> {
 public:
  // `options`, `environment`, `variables` and `relay` outlive it.
  ManagedModule(asio::io_context& context, config::ModuleKind kind, const Options& options,
                const config::Environment& environment, const Variables& variables,
                LineRelay& relay, log::Logger logger);
  ~ManagedModule();
  ManagedModule(const ManagedModule&) = delete;
  ManagedModule& operator=(const ManagedModule&) = delete;

  // The three calls of hosts; one after the other. Errors: module_already_running,
  // MODULE_CONFIG_REFUSED and MODULE_START_FAILED with every reason, LISTEN_FAILED, MANAGER_BUSY.
  // After an error of restart() the process before goes on.
  asio::awaitable<Result<void>> start(StartRequest request);
  asio::awaitable<Result<void>> restart(StartRequest request);
  // Whether it ran. What is asked already is answered, for the module's shutdown_grace.
  asio::awaitable<Result<bool>> stop();
  // The running process takes another configuration without a restart: that one (JSON), or what it
  // was started with, read again. The value tells what has changed: {changes, restart, warnings}.
  // Errors: module_not_running, MODULE_CONFIG_REFUSED with every reason (then nothing has changed),
  // MODULE_RELOAD_FAILED, MANAGER_BUSY.
  asio::awaitable<Result<Value>> reload(std::optional<std::string> config);
  // A restart with the same request and another log level, when it runs.
  asio::awaitable<Result<void>> set_log_level(std::string level);
  // Ends all processes; those that take longer are killed.
  asio::awaitable<void> end(std::chrono::milliseconds grace);

  bool running() const { return current_ != nullptr; }
  // host:port or unix:///path; empty while nothing is listened on.
  std::string address() const;
  // For GET /status.
  Value status() const;

 private:
  struct Retired {
    std::shared_ptr<Child> child;
    std::chrono::system_clock::time_point since;
  };

  using Self = std::shared_ptr<ManagedModule>;
  // The socket that the next process is given: the present one, or a new one that replaces it.
  struct Socket {
    std::unique_ptr<serve::Listener> fresh;
    int fd = -1;
    std::string address;  // as configured
  };

  asio::awaitable<Result<Value>> reload_now(std::optional<std::string> config);
  asio::awaitable<Result<void>> bring_up(StartRequest request);
  Result<Socket> socket_for(const StartRequest& request);
  void adopt(std::shared_ptr<Child> next, StartRequest request);
  void retire(std::shared_ptr<Child> child);
  void lost(const Child& child);
  static asio::awaitable<void> watch(Self self, std::shared_ptr<Child> child);
  static asio::awaitable<void> revive(Self self, std::uint64_t episode);

  asio::io_context& context_;
  const config::ModuleKind kind_;
  const Options& options_;
  log::Logger logger_;
  Launcher launcher_;
  Turn turn_;
  Signal asked_;  // a backoff ends: somebody has asked for something else

  asio::io_context nobody_;  // never run: the manager itself accepts nothing
  std::unique_ptr<serve::Listener> listener_;
  std::string listening_on_;  // as configured

  std::shared_ptr<Child> current_;
  StartRequest request_;  // of the current process, or of the one that is to come back
  std::chrono::system_clock::time_point since_{};
  Clock::time_point started_{};
  std::list<Retired> retired_;  // the oldest first
  std::string log_level_;
  bool reviving_ = false;
  std::uint64_t episode_ = 0;  // of backoff
  std::chrono::milliseconds backoff_{0};
  std::uint64_t crashes_ = 0;
  std::uint64_t takeovers_ = 0;
  Value last_end_;  // of the process that ended last by itself; null: none did
};

}  // namespace gvm::manager
