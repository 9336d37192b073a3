#pragma once
// The common part of the two servers, from configuration to exit code.
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/arguments.h"
#include "apps/manager_link.h"
#include "base/log.h"
#include "base/redactor.h"
#include "base/secret.h"
#include "config/common_config.h"
#include "config/diagnostic.h"
#include "config/environment.h"
#include "net/http_client.h"
#include "net/lane.h"
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
  };

  // Blocks signals, which serve() handles later. `config` must outlive it; `warnings` are logged.
  ServerProgram(Names names, const ServerArguments& arguments, const config::CommonConfig& config,
                std::vector<Secret> secrets, const std::vector<std::string>& warnings);

  const std::shared_ptr<const Redactor>& redactor() const { return redactor_; }
  const log::Logger& logger() const { return logger_; }
  const net::HttpClientOptions& http() const { return http_; }
  net::Lanes& lanes() { return lanes_; }

  // Logs it and tells it on standard error and to the manager; the exit code.
  int cannot_start(const Error& error) const;
  // Starts the lanes, binds, says "ready" and serves until a signal or the manager ends it; under a
  // manager the process before stops accepting first. The exit code. When it returns
  // the lanes have ended, so `service` may go.
  int serve(serve::Service& service, const Steps& steps);

 private:
  int serve_until_told(serve::Service& service, const Steps& steps);

  Names names_;
  const config::CommonConfig& config_;
  int listen_fd_;
  serve::Lifetime lifetime_;
  ManagerLink manager_;
  std::shared_ptr<const Redactor> redactor_;
  log::Logger logger_;
  net::HttpClientOptions http_;
  net::Lanes lanes_;
};

// The module's configuration: of the descriptor that a manager has handed over, of the file, or of
// the file beside the program. `load_text` and `load_file` are of config/load.h.
struct ConfigSource {
  std::string file;  // its name in messages
  std::string text;  // of a descriptor
  bool is_text = false;
};
Result<ConfigSource> config_source(const ServerArguments& arguments, Module module,
                                   const config::Environment& environment);

// Prints what is wrong with a configuration, and tells the manager; the exit code.
int bad_configuration(const std::vector<config::Diagnostic>& faults,
                      const ServerArguments& arguments);

}  // namespace gvm::apps
