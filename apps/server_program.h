#pragma once
// The common part of the two servers, from configuration to exit code.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/arguments.h"
#include "apps/background.h"
#include "apps/config_source.h"
#include "apps/control_socket.h"
#include "apps/further_server.h"
#include "apps/manager_link.h"
#include "apps/notify.h"
#include "apps/reloader.h"
#include "apps/tls_files.h"
#include "base/log.h"
#include "base/redactor.h"
#include "base/secret.h"
#include "config/common_config.h"
#include "config/operation_config.h"
#include "confine/report.h"
#include "net/http_client.h"
#include "net/lane.h"
#include "scripted/module_parts.h"
#include "serve/run.h"
#include "serve/service.h"

namespace gvm::apps {

class ServerProgram {
 public:
  struct Names {
    const char* program;  // "genvm-llm"
    const char* source;   // of its log lines: "llm"
  };
  struct Steps {
    // Runs on the running lanes, before the address is bound. An error ends the start.
    std::function<Result<void>()> check = [] { return Result<void>(); };
    // Runs after the last session, before the lanes stop.
    std::function<void()> wind_down = [] {};
    std::vector<log::Field> ready = {};  // further fields of the log line "ready"
    // Under a manager: what the process before knows, before the first session, and what the one
    // that takes over should know. Neither holds a secret.
    std::function<void(std::string_view)> take_over = [](std::string_view) {};
    std::function<std::string()> hand_over = [] { return std::string(); };
    config::WatchdogConfig watchdog = {};
    // A service on an address of its own, beside the sessions; null: none.
    serve::Service* further = nullptr;
    std::string further_address = {};
    // Reads and builds another configuration; empty: this process cannot change its own.
    Reloader::Prepare prepare_reload = {};
    ConfigSource source = {};  // of the configuration that it has
  };

  // Blocks signals, which serve() handles later. `config`, that of the start, must outlive it;
  // `warnings` are logged.
  ServerProgram(Names names, const ServerArguments& arguments, const config::CommonConfig& config,
                std::vector<Secret> secrets, const std::vector<std::string>& warnings);

  // The process has confined itself: logs what holds. An error: strict, and something does not.
  Result<void> confined(const confine::Report& report) const;

  // What the module is made with.
  scripted::ModuleParts parts();
  // The same for another configuration: with its log level, its HTTP settings, and a redactor of
  // its secrets and those before. Parts with the settings of the last time share its log. On the
  // background thread.
  scripted::ModuleParts parts_for(const config::CommonConfig& config, std::vector<Secret> secrets);
  const log::Logger& logger() const { return logger_; }
  // At a reload: the files of the running serve.tls as they are now, and the context that new
  // connections take. On the background thread.
  Result<TlsFiles> read_tls_again() const { return read_tls(config_.serve.tls); }
  void use_tls(const TlsFiles& files);

  ~ServerProgram() { background_->close(); }
  ServerProgram(const ServerProgram&) = delete;
  ServerProgram& operator=(const ServerProgram&) = delete;

  // Logs it and tells it on standard error and to the manager; the exit code.
  int cannot_start(const Error& error) const;
  // Starts the lanes, binds, says "ready" and serves until a signal or the manager ends it; under a
  // manager the process before stops accepting first. The exit code. When it returns
  // the lanes have ended, so `service` may go.
  int serve(serve::Service& service, const Steps& steps);

 private:
  // A log, and what its lines must not hold.
  struct Voice {
    std::vector<Secret> secrets;
    log::Options options;
    std::shared_ptr<const Redactor> redactor;
    log::Logger logger;
  };
  // With the tokens of peers.
  std::vector<Secret> all(std::vector<Secret> secrets) const;
  Voice voice_of(const config::CommonConfig& config, std::vector<Secret> secrets) const;
  scripted::ModuleParts parts_with(const Voice& voice, net::HttpClientOptions http);
  struct Reloads {
    std::optional<Reloader> reloader;
    std::shared_ptr<ControlSocket> socket;
    void close() const {
      if (socket) socket->close();
    }
  };
  int serve_until_told(serve::Service& service, const Steps& steps);
  // `reloads` lives until the process ends.
  void accept_reloads(const Steps& steps, Reloads& reloads);
  // Of the start; empty: the port is plain text.
  std::shared_ptr<serve::TlsInUse> begin_tls();
  void log_tls(const TlsFiles& files) const;
  void tell_ending(const serve::Ending& ending) const;
  void tell_ready(const serve::Server& server, const FurtherServer& further,
                  const Steps& steps) const;

  Names names_;
  const ServerArguments arguments_;
  const config::CommonConfig& config_;
  int listen_fd_;
  Notify notify_;
  serve::Lifetime lifetime_;
  ManagerLink manager_;
  Result<std::vector<Secret>> peer_tokens_;   // of the start
  Result<TlsFiles> tls_files_;                // of the start
  std::shared_ptr<serve::TlsInUse> tls_;      // empty: plain text
  Voice voice_;                               // of the last configuration that was built
  std::shared_ptr<const Redactor> redactor_;  // of the start
  log::Logger logger_;
  net::HttpClientOptions http_;
  net::Lanes lanes_;
  // Ends before the lanes do, as it may post to them. What lanes leave behind later is freed at
  // once.
  std::shared_ptr<Background> background_ = std::make_shared<Background>();
};

}  // namespace gvm::apps
