// genvm-llm: the server of the LLM module. Reads the configuration, builds the objects, and runs
// until a signal.
#include "apps/arguments.h"
#include "apps/process.h"
#include "apps/server_program.h"
#include "apps/user_error.h"
#include "apps/version.h"
#include "config/load.h"
#include "ledger/open_ledger.h"
#include "llm/handler.h"

namespace {

using namespace gvm;

int run(const apps::ServerArguments& arguments) {
  const auto environment = config::Environment::of_process(apps::kVersion);
  const auto source = apps::config_source(arguments, apps::Module::llm, environment);
  if (!source)
    return apps::bad_configuration({{"config", {}, {}, source.error().to_string()}}, arguments);
  const auto empty =
      arguments.allow_empty_backends ? config::EmptyBackends::allow : config::EmptyBackends::refuse;
  const config::LoadOptions options{arguments.user_error ? config::EmptyBackends::allow : empty};
  auto loaded = source->is_text
                    ? config::load_llm_text(source->text, source->file, environment, options)
                    : config::load_llm(source->file, environment, options);
  if (!loaded) return apps::bad_configuration(loaded.error(), arguments);
  const auto config = std::make_shared<const config::LlmConfig>(std::move(loaded->config));
  apps::ServerProgram program({.program = "genvm-llm", .source = "llm"}, arguments, config->common,
                              std::move(loaded->secrets), loaded->warnings);
  if (arguments.user_error) return apps::serve_user_errors(program);
  // The process that takes over from this one spends from the same budgets.
  if (arguments.control_fd >= 0) ledger::use_keeper(environment.exe_dir + "/genvm-modules");
  // The initial health check: the script loads and runs, before the address is bound.
  auto service = llm::make_llm_service(config, environment, program.redactor(), program.logger(),
                                       program.lanes().size());
  if (!service) return program.cannot_start(service.error());
  const auto backends = static_cast<std::int64_t>(config->backends.size());
  return program.serve(**service,
                       {.ready = {{"backends", Value::integer(backends)}},
                        .take_over = [&](auto known) { llm::take_over(**service, known); },
                        .hand_over = [&] { return llm::hand_over(**service); }});
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("GenVM's LLM module", "genvm-llm");
  apps::ServerArguments arguments;
  apps::add_server_arguments(app, apps::Module::llm, arguments);
  if (const auto ended = apps::parse_arguments(app, argc, argv)) return *ended;
  apps::hide_from_core_dumps();
  return run(arguments);
}
