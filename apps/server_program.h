#pragma once
// The common part of the two servers, from configuration to exit code.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/arguments.h"
#include "base/log.h"
#include "base/redactor.h"
#include "base/secret.h"
#include "config/common_config.h"
#include "config/diagnostic.h"
#include "net/http_client_options.h"
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
  };

  // Blocks signals, which serve() handles later. `config` must outlive it; `warnings` are logged.
  ServerProgram(Names names, const ServerArguments& arguments, const config::CommonConfig& config,
                std::vector<Secret> secrets, const std::vector<std::string>& warnings);

  const std::shared_ptr<const Redactor>& redactor() const { return redactor_; }
  const log::Logger& logger() const { return logger_; }
  const net::HttpClientOptions& http() const { return http_; }
  net::Lanes& lanes() { return lanes_; }

  // Logs the error and prints it to standard error; returns the exit code.
  int cannot_start(const Error& error) const;
  // Starts the lanes, binds, logs "ready" and serves until a signal. Returns the exit code. The
  // lanes have then ended, so `service` may be destroyed.
  int serve(serve::Service& service, const Steps& steps);

 private:
  int serve_until_told(serve::Service& service, const Steps& steps);

  Names names_;
  const config::CommonConfig& config_;
  serve::Lifetime lifetime_;
  std::shared_ptr<const Redactor> redactor_;
  log::Logger logger_;
  net::HttpClientOptions http_;
  net::Lanes lanes_;
};

// Prints the errors of a configuration; returns the exit code.
int bad_configuration(const std::vector<config::Diagnostic>& faults);

}  // namespace gvm::apps
