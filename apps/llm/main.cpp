// genvm-llm: the server of the LLM module. Reads the configuration, builds the objects, and runs
// until a signal.
#include "apps/arguments.h"
#include "apps/process.h"
#include "apps/reload_steps.h"
#include "apps/sandbox.h"
#include "apps/server_program.h"
#include "apps/user_error.h"
#include "apps/version.h"
#include "config/load.h"
#include "ledger/open_ledger.h"
#include "llm/handler.h"

namespace {

using namespace gvm;

// Under a manager the ledger is kept by a process of its own, which the module starts.
std::vector<std::string> programs_of(const apps::ServerArguments& arguments,
                                     const std::string& exe_dir) {
  if (arguments.control_fd < 0) return {};
  return {exe_dir + "/genvm-modules"};
}

int run(const apps::ServerArguments& arguments, const std::string& sandbox) {
  const auto environment = config::Environment::of_process(apps::kVersion);
  const auto source = apps::config_source(arguments, apps::Module::llm, environment);
  if (!source) return apps::bad_configuration(source.error(), arguments);
  const auto empty =
      arguments.allow_empty_backends ? config::EmptyBackends::allow : config::EmptyBackends::refuse;
  const config::LoadOptions options{arguments.user_error ? config::EmptyBackends::allow : empty};
  const auto load = [&](const apps::ConfigSource& from) {
    return config::load_llm_text(from.text, from.file, environment, options);
  };
  auto loaded = load(*source);
  if (!loaded) return apps::bad_configuration(loaded.error(), arguments);
  const auto config = std::make_shared<const config::LlmConfig>(std::move(loaded->config));
  const apps::SandboxSettings settings{.word = sandbox,
                                       .exe_dir = environment.exe_dir,
                                       .programs = programs_of(arguments, environment.exe_dir),
                                       .keys = &loaded->secrets};
  // Before the first thread, which the log has.
  const auto confined = apps::enter_sandbox(*config, settings);
  apps::ServerProgram program({.program = "genvm-llm", .source = "llm"}, arguments, config->common,
                              loaded->secrets, loaded->warnings);
  if (!confined) return program.cannot_start(confined.error());
  if (const auto held = program.confined(*confined); !held)
    return program.cannot_start(held.error());
  if (arguments.user_error) return apps::serve_user_errors(program);
  // The process that takes over from this one spends from the same budgets.
  if (arguments.control_fd >= 0) ledger::use_keeper(environment.exe_dir + "/genvm-modules");
  // The initial health check: the script loads and runs, before the address is bound.
  auto service = llm::make_llm_service(config, environment, program.parts());
  if (!service) return program.cannot_start(service.error());
  apps::ReloadSteps<config::LlmConfig> reload(
      program, environment, config::ModuleKind::llm,
      {config, source->text, std::move(loaded->secrets), std::move(loaded->dropped)}, load,
      [&](auto next, const auto& parts) {
        return llm::prepare_reload(**service, std::move(next), environment, parts);
      });
  const auto backends = static_cast<std::int64_t>(config->backends.size());
  return program.serve(**service,
                       {.ready = {{"backends", Value::integer(backends)}},
                        .take_over = [&](auto known) { llm::take_over(**service, known); },
                        .hand_over = [&] { return llm::hand_over(**service); },
                        .watchdog = config->operation.watchdog,
                        .prepare_reload = [&](const auto& next) { return reload.prepare(next); },
                        .source = *source});
}

}  // namespace

int main(int argc, char** argv) {
  apps::ignore_stray_signals();
  CLI::App app("GenVM's LLM module", "genvm-llm");
  apps::ServerArguments arguments;
  apps::add_server_arguments(app, apps::Module::llm, arguments);
  std::string sandbox;
  apps::add_sandbox_argument(app, sandbox);
  if (const auto ended = apps::parse_arguments(app, argc, argv)) return *ended;
  apps::hide_from_core_dumps();
  return run(arguments, sandbox);
}
