#include "apps/server_program.h"

#include <cstdio>
#include <utility>

#include "apps/server_options.h"
#include "apps/version.h"
#include "serve/server.h"

namespace gvm::apps {

ServerProgram::ServerProgram(Names names, const ServerArguments& arguments,
                             const config::CommonConfig& config, std::vector<Secret> secrets,
                             const std::vector<std::string>& warnings)
    : names_(names),
      config_(config),
      lifetime_(arguments.die_with_parent ? serve::WithParent::die : serve::WithParent::stay),
      redactor_(std::make_shared<const Redactor>(std::move(secrets))),
      logger_(log::Logger::open(log_options(config), redactor_).child(names.source)),
      http_(http_options(config)),
      lanes_(config.threads, http_) {
  for (const auto& warning : warnings) logger_.warn(warning);
}

int ServerProgram::cannot_start(const Error& error) const {
  logger_.error("cannot start", {{"error", error.to_value()}});
  logger_.flush();
  std::fprintf(stderr, "%s: %s\n", names_.program, redactor_->redact(error.to_string()).c_str());
  return 1;
}

int ServerProgram::serve_until_told(serve::Service& service, const Steps& steps) {
  serve::Server server(server_options(config_, names_.program), lanes_, service,
                       logger_.child("serve"));
  lanes_.start();
  if (auto checked = steps.check(); !checked) return cannot_start(checked.error());
  if (auto bound = server.bind(); !bound) return cannot_start(bound.error());
  server.start();
  Value::Map ready;
  ready.set("address", Value::string(server.address()));
  ready.set("version", Value::string(kVersion));
  ready.set("lanes", Value::integer(static_cast<std::int64_t>(lanes_.size())));
  for (const auto& [key, value] : steps.ready) ready.set(key, value);
  logger_.write_value(log::Level::info, "ready", Value::map(std::move(ready)));
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

int bad_configuration(const std::vector<config::Diagnostic>& faults) {
  for (const auto& fault : faults) std::fprintf(stderr, "%s\n", fault.to_string().c_str());
  return 1;
}

}  // namespace gvm::apps
