// genvm-web: the server of the web module. Reads the configuration, builds the objects, and runs
// until a signal.
#include "apps/arguments.h"
#include "apps/process.h"
#include "apps/server_program.h"
#include "apps/user_error.h"
#include "apps/version.h"
#include "config/load.h"
#include "web/handler.h"

namespace {

using namespace gvm;

// How long browsers may take to end by themselves; after that they are killed.
constexpr std::chrono::seconds kBrowsersEnd{5};

// `genvm-modules render-service`: GET /render in place of sessions.
struct RenderArguments {
  bool only = false;
  std::string bind = "127.0.0.1:4444";  // GenLayer's rendering service's
};

int run(const apps::ServerArguments& arguments, const RenderArguments& render) {
  const auto environment = config::Environment::of_process(apps::kVersion);
  const auto source = apps::config_source(arguments, apps::Module::web, environment);
  if (!source)
    return apps::bad_configuration({{"config", {}, {}, source.error().to_string()}}, arguments);
  auto loaded = source->is_text ? config::load_web_text(source->text, source->file, environment)
                                : config::load_web(source->file, environment);
  if (!loaded) return apps::bad_configuration(loaded.error(), arguments);
  if (render.only) {
    loaded->config.common.bind_address = render.bind;
    // The file may be that of a module which asks such a service: perhaps this one.
    loaded->config.webdriver_host.clear();
  }
  const auto config = std::make_shared<const config::WebConfig>(std::move(loaded->config));
  apps::ServerProgram program({.program = "genvm-web", .source = "web"}, arguments, config->common,
                              std::move(loaded->secrets), loaded->warnings);
  if (arguments.user_error) return apps::serve_user_errors(program);
  // The initial health check: the script loads and runs, before the address is bound.
  auto service = web::make_web_module(config, program.redactor(), program.logger(), program.lanes(),
                                      program.http());
  if (!service) return program.cannot_start(service.error());
  serve::Service& served = render.only ? (*service)->render_service() : **service;
  return program.serve(served, {.check = [&] { return (*service)->check_browsers(); },
                                .wind_down = [&] { (*service)->stop_browsers(kBrowsersEnd); }});
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("GenVM's web module", "genvm-web");
  apps::ServerArguments arguments;
  apps::add_server_arguments(app, apps::Module::web, arguments);
  RenderArguments render;
  app.add_flag("--render-service", render.only, "offer GET /render and no sessions")->group("");
  app.add_option("--bind", render.bind, "where the rendering service listens")->group("");
  if (const auto ended = apps::parse_arguments(app, argc, argv)) return *ended;
  apps::hide_from_core_dumps();
  return run(arguments, render);
}
