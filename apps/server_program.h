#pragma once
// What the two servers do alike between their configuration and their exit code.
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
    // On running lanes, before the address is bound. An error ends the start.
    std::function<Result<void>()> check = [] { return Result<void>(); };
    // After the last session, before the lanes stop.
    std::function<void()> wind_down = [] {};
    std::vector<log::Field> ready = {};  // further fields of the log line "ready"
  };

  // Keeps signals for serve() from here on. `config` must outlive it; `warnings` are logged.
  ServerProgram(Names names, const ServerArguments& arguments, const config::CommonConfig& config,
                std::vector<Secret> secrets, const std::vector<std::string>& warnings);

  const std::shared_ptr<const Redactor>& redactor() const { return redactor_; }
  const log::Logger& logger() const { return logger_; }
  const net::HttpClientOptions& http() const { return http_; }
  net::Lanes& lanes() { return lanes_; }

  // Logs it and tells it on standard error; the exit code.
  int cannot_start(const Error& error) const;
  // Starts the lanes, binds, says "ready" and serves until a signal. The exit code. When it returns
  // the lanes have ended, so `service` may go.
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

// Prints what is wrong with a configuration; the exit code.
int bad_configuration(const std::vector<config::Diagnostic>& faults);

}  // namespace gvm::apps
