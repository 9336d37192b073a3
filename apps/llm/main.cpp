// genvm-llm: the server of the LLM module. Reads the configuration, builds the objects, and runs
// until a signal.
#include "apps/arguments.h"
#include "apps/process.h"
#include "apps/server_program.h"
#include "apps/version.h"
#include "config/load.h"
#include "llm/handler.h"

namespace {

using namespace gvm;

int run(const apps::ServerArguments& arguments) {
  const auto environment = config::Environment::of_process(apps::kVersion);
  const auto file = arguments.config.empty()
                        ? apps::default_config(environment.exe_dir, apps::Module::llm)
                        : arguments.config;
  const auto empty =
      arguments.allow_empty_backends ? config::EmptyBackends::allow : config::EmptyBackends::refuse;
  auto loaded = config::load_llm(file, environment, {empty});
  if (!loaded) return apps::bad_configuration(loaded.error());
  const auto config = std::make_shared<const config::LlmConfig>(std::move(loaded->config));
  apps::ServerProgram program({.program = "genvm-llm", .source = "llm"}, arguments, config->common,
                              std::move(loaded->secrets), loaded->warnings);
  // The first health check: the script is loaded and run before the address is bound.
  auto service = llm::make_llm_service(config, environment, program.redactor(), program.logger(),
                                       program.lanes().size());
  if (!service) return program.cannot_start(service.error());
  const auto backends = static_cast<std::int64_t>(config->backends.size());
  return program.serve(**service, {.ready = {{"backends", Value::integer(backends)}}});
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
