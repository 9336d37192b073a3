// genvm-web: the server of the web module. Reads the configuration, builds the objects, and runs
// until a signal.
#include "apps/arguments.h"
#include "apps/process.h"
#include "apps/reload_steps.h"
#include "apps/sandbox.h"
#include "apps/server_program.h"
#include "apps/user_error.h"
#include "apps/version.h"
#include "browser/cell.h"
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

config::Loaded<config::WebConfig> load(const apps::ConfigSource& from,
                                       const config::Environment& environment,
                                       const RenderArguments& render) {
  auto loaded = config::load_web_text(from.text, from.file, environment);
  if (!loaded || !render.only) return loaded;
  loaded->config.common.bind_address = render.bind;
  // The file may be that of a module which asks such a service: perhaps this one.
  loaded->config.webdriver_host = std::move(loaded->config.render_service.webdriver_host);
  loaded->config.render_service = {};
  return loaded;
}

// What a killed process has left is looked for among the processes of others, which the sandbox
// hides; browsers are started by a process that is split off before.
apps::SandboxSettings prepare_browsers(const config::WebConfig& config,
                                       const std::string& exe_dir) {
  apps::SandboxSettings settings{.exe_dir = exe_dir};
  if (!config.has_own_browsers()) return settings;
  browser::clean_leftovers(config.browser.runtime_dir);
  settings.programs = {exe_dir + "/genvm-browser-cell"};
  settings.browsers = true;
  return settings;
}

int run(const apps::ServerArguments& arguments, const RenderArguments& render,
        const std::string& sandbox) {
  const auto environment = config::Environment::of_process(apps::kVersion);
  const auto source = apps::config_source(arguments, apps::Module::web, environment);
  if (!source) return apps::bad_configuration(source.error(), arguments);
  auto loaded = load(*source, environment, render);
  if (!loaded) return apps::bad_configuration(loaded.error(), arguments);
  const auto config = std::make_shared<const config::WebConfig>(std::move(loaded->config));
  auto settings = prepare_browsers(*config, environment.exe_dir);
  settings.word = sandbox;
  settings.keys = &loaded->secrets;
  // Before the first thread, which the log has.
  const auto confined = apps::enter_sandbox(*config, settings);
  apps::ServerProgram program({.program = "genvm-web", .source = "web"}, arguments, config->common,
                              loaded->secrets, loaded->warnings);
  if (!confined) return program.cannot_start(confined.error());
  if (const auto held = program.confined(*confined); !held)
    return program.cannot_start(held.error());
  if (arguments.user_error) return apps::serve_user_errors(program);
  // The initial health check: the script loads and runs, before the address is bound.
  auto service = web::make_web_module(config, program.parts());
  if (!service) return program.cannot_start(service.error());
  apps::ReloadSteps<config::WebConfig> reload(
      program, environment, config::ModuleKind::web,
      {config, source->text, std::move(loaded->secrets), {}},
      [&](const auto& from) { return load(from, environment, render); },
      [&](auto next, const auto& parts) {
        return (*service)->prepare_reload(std::move(next), parts);
      });
  serve::Service& served = render.only ? (*service)->render_service() : **service;
  apps::ServerProgram::Steps steps{
      .check = [&] { return (*service)->check_browsers(); },
      .wind_down = [&] { (*service)->stop_browsers(kBrowsersEnd); },
      .watchdog = config->operation.watchdog,
      .prepare_reload = [&](const auto& next) { return reload.prepare(next); },
      .source = *source,
  };
  if (const auto& further = config->render_service.bind_address; !further.empty()) {
    steps.further = &(*service)->render_service();
    steps.further_address = further;
  }
  return program.serve(served, steps);
}

}  // namespace

int main(int argc, char** argv) {
  apps::ignore_stray_signals();
  CLI::App app("GenVM's web module", "genvm-web");
  apps::ServerArguments arguments;
  apps::add_server_arguments(app, apps::Module::web, arguments);
  std::string sandbox;
  apps::add_sandbox_argument(app, sandbox);
  RenderArguments render;
  app.add_flag("--render-service", render.only, "offer GET /render and no sessions")->group("");
  app.add_option("--bind", render.bind, "where the rendering service listens")->group("");
  if (const auto ended = apps::parse_arguments(app, argc, argv)) return *ended;
  apps::hide_from_core_dumps();
  return run(arguments, render, sandbox);
}
