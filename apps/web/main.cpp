// genvm-web: the web module's server. Reads the configuration, builds the objects, runs until it is
// told to stop.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "apps/process.h"
#include "apps/server_options.h"
#include "apps/start_memory.h"
#include "apps/version.h"
#include "config/load.h"
#include "serve/run.h"
#include "serve/server.h"
#include "web/handler.h"

namespace {

using namespace gvm;

// What browsers get to end in good order; then they are killed.
constexpr std::chrono::seconds kBrowsersEnd{5};

struct Options {
  std::string config;
  bool die_with_parent = false;
};

config::Loaded<config::WebConfig> load(Options& options) {
  const auto environment = config::Environment::of_process(apps::kVersion);
  if (options.config.empty())
    options.config = environment.exe_dir + "/../config/genvm-module-web.yaml";
  return config::load_web(options.config, environment);
}

int cannot_start(const log::Logger& logger, const Error& error) {
  logger.error("cannot start", {{"error", error.to_value()}});
  logger.flush();
  std::fprintf(stderr, "genvm-web: %s\n", error.to_string().c_str());
  return 1;
}

int serve_until_told(const config::WebConfig& config, net::Lanes& lanes, web::WebModule& service,
                     serve::Lifetime& lifetime, const log::Logger& logger) {
  serve::Server server(apps::server_options(config.common, "genvm-web"), lanes, service,
                       logger.child("serve"));
  lanes.start();
  if (auto ready = service.check_browsers(); !ready) return cannot_start(logger, ready.error());
  if (auto bound = server.bind(); !bound) return cannot_start(logger, bound.error());
  apps::release_start_memory();
  server.start();
  logger.info("ready", {{"address", Value::string(server.address())},
                        {"version", Value::string(apps::kVersion)},
                        {"lanes", Value::integer(static_cast<std::int64_t>(lanes.size()))}});
  return lifetime.run(server, config.common.serve.shutdown_grace, logger);
}

int run(config::LoadResult<config::WebConfig> loaded, const Options& options) {
  serve::Lifetime lifetime(options.die_with_parent ? serve::WithParent::die
                                                   : serve::WithParent::stay);
  const auto redactor = std::make_shared<const Redactor>(std::move(loaded.secrets));
  const auto config = std::make_shared<const config::WebConfig>(std::move(loaded.config));
  const auto logger = log::Logger::open(apps::log_options(config->common), redactor).child("web");
  for (const auto& warning : loaded.warnings) logger.warn(warning);

  const auto http = apps::http_options(config->common);
  net::Lanes lanes(config->common.threads, http);
  // The initial health check: the script loads and runs, before the address is bound.
  auto service = web::make_web_module(config, redactor, logger, lanes, http);
  if (!service) return cannot_start(logger, service.error());
  const int code = serve_until_told(*config, lanes, **service, lifetime, logger);
  (*service)->stop_browsers(kBrowsersEnd);
  // The service's Lua states belong to the lanes: nothing may run there any more when they go.
  lanes.stop();
  lanes.join();
  logger.flush();
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("GenVM's web module", "genvm-web");
  app.set_version_flag("--version", apps::kVersionLine);
  Options options;
  app.add_option("--config", options.config,
                 "the YAML file; default ${exeDir}/../config/genvm-module-web.yaml");
  app.add_flag("--die-with-parent", options.die_with_parent, "end when the parent process goes");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : apps::kWrongUsage;
  }

  apps::hide_from_core_dumps();
  auto loaded = load(options);
  if (!loaded) {
    for (const auto& diagnostic : loaded.error())
      std::fprintf(stderr, "%s\n", diagnostic.to_string().c_str());
    return 1;
  }
  return run(std::move(*loaded), options);
}
