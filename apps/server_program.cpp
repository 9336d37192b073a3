#include "apps/server_program.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <utility>

#include "apps/server_options.h"
#include "apps/version.h"
#include "base/error_codes.h"
#include "base/fd.h"
#include "serve/server.h"

namespace gvm::apps {

ServerProgram::ServerProgram(Names names, const ServerArguments& arguments,
                             const config::CommonConfig& config, std::vector<Secret> secrets,
                             const std::vector<std::string>& warnings)
    : names_(names),
      config_(config),
      listen_fd_(arguments.listen_fd),
      lifetime_(arguments.die_with_parent ? serve::WithParent::die : serve::WithParent::stay),
      manager_(arguments),
      redactor_(std::make_shared<const Redactor>(std::move(secrets))),
      logger_(log::Logger::open(log_options(config, arguments), redactor_).child(names.source)),
      http_(http_options(config)),
      lanes_(config.threads, http_) {
  for (const auto& warning : warnings) logger_.warn(warning);
}

int ServerProgram::cannot_start(const Error& error) const {
  logger_.error("cannot start", {{"error", error.to_value()}});
  logger_.flush();
  const auto reason = redactor_->redact(error.to_string());
  std::fprintf(stderr, "%s: %s\n", names_.program, reason.c_str());
  manager_.refused({reason});
  return 1;
}

int ServerProgram::serve_until_told(serve::Service& service, const Steps& steps) {
  auto options = server_options(config_, names_.program);
  if (listen_fd_ >= 0) options.bind_address = "fd://" + std::to_string(listen_fd_);
  serve::Server server(std::move(options), lanes_, service, logger_.child("serve"));
  lanes_.start();
  if (auto checked = steps.check(); !checked) return cannot_start(checked.error());
  if (manager_) {
    std::string known;
    if (!manager_.wait_for_turn(known)) return 1;
    steps.take_over(known);
  }
  if (auto bound = server.bind(); !bound) return cannot_start(bound.error());
  server.start();
  Value::Map ready;
  ready.set("address", Value::string(server.address()));
  ready.set("version", Value::string(kVersion));
  ready.set("lanes", Value::integer(static_cast<std::int64_t>(lanes_.size())));
  for (const auto& [key, value] : steps.ready) ready.set(key, value);
  const auto facts = Value::map(std::move(ready));
  logger_.write_value(log::Level::info, "ready", facts);
  manager_.ready(facts);
  manager_.obey(lifetime_, steps.hand_over);
  return lifetime_.run(server, config_.serve.shutdown_grace, logger_);
}

int ServerProgram::serve(serve::Service& service, const Steps& steps) {
  const int code = serve_until_told(service, steps);
  steps.wind_down();
  // The service's Lua states belong to the lanes, so the lanes must have stopped before the service
  // is destroyed.
  lanes_.stop();
  lanes_.join();
  logger_.flush();
  return code;
}

Result<ConfigSource> config_source(const ServerArguments& arguments, Module module,
                                   const config::Environment& environment) {
  ConfigSource source;
  if (arguments.config_fd < 0) {
    source.file =
        arguments.config.empty() ? default_config(environment.exe_dir, module) : arguments.config;
    return source;
  }
  source.file = "config";
  source.is_text = true;
  const Fd fd(arguments.config_fd);
  std::array<char, 65536> part;
  for (off_t at = 0;;) {
    const auto count = ::pread(fd.get(), part.data(), part.size(), at);
    if (count == 0) return source;
    if (count < 0)
      return fail(codes::kInvalidConfig, Fatality::fatal,
                  "the handed-over configuration cannot be read");
    source.text.append(part.data(), static_cast<std::size_t>(count));
    at += count;
  }
}

int bad_configuration(const std::vector<config::Diagnostic>& faults,
                      const ServerArguments& arguments) {
  std::vector<std::string> reasons;
  for (const auto& fault : faults) {
    std::fprintf(stderr, "%s\n", fault.to_string().c_str());
    // Of a configuration that came as JSON nobody has seen the lines.
    const bool lines = arguments.config_fd < 0;
    reasons.push_back(lines || fault.key.empty() ? fault.to_string()
                                                 : fault.key + ": " + fault.message);
  }
  ManagerLink(arguments).refused(reasons);
  return 1;
}

}  // namespace gvm::apps
