// genvm-web: the server of the web module. Reads the configuration, builds the objects, and runs
// until a signal.
#include "apps/arguments.h"
#include "apps/process.h"
#include "apps/server_program.h"
#include "apps/version.h"
#include "config/load.h"
#include "web/handler.h"

namespace {

using namespace gvm;

// How long browsers may take to end by themselves; after that they are killed.
constexpr std::chrono::seconds kBrowsersEnd{5};

int run(const apps::ServerArguments& arguments) {
  const auto environment = config::Environment::of_process(apps::kVersion);
  const auto file = arguments.config.empty()
                        ? apps::default_config(environment.exe_dir, apps::Module::web)
                        : arguments.config;
  auto loaded = config::load_web(file, environment);
  if (!loaded) return apps::bad_configuration(loaded.error());
  const auto config = std::make_shared<const config::WebConfig>(std::move(loaded->config));
  apps::ServerProgram program({.program = "genvm-web", .source = "web"}, arguments, config->common,
                              std::move(loaded->secrets), loaded->warnings);
  // The first health check: the script is loaded and run before the address is bound.
  auto service = web::make_web_module(config, program.redactor(), program.logger(), program.lanes(),
                                      program.http());
  if (!service) return program.cannot_start(service.error());
  return program.serve(**service, {.check = [&] { return (*service)->check_browsers(); },
                                   .wind_down = [&] { (*service)->stop_browsers(kBrowsersEnd); }});
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("GenVM's web module", "genvm-web");
  apps::ServerArguments arguments;
  apps::add_server_arguments(app, apps::Module::web, arguments);
  if (const auto ended = apps::parse_arguments(app, argc, argv)) return *ended;
  apps::hide_from_core_dumps();
  return run(arguments);
}
