// `genvm-modules llm` and `web`: replace this process by the server's own program, which stands
// beside this one.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "apps/front/commands.h"

namespace gvm::apps {
namespace {

struct RunOptions {
  std::string config;
  bool allow_empty_backends = false;
  bool die_with_parent = false;
};

int run(const char* program, const RunOptions& options) {
  const auto path = std::filesystem::read_symlink("/proc/self/exe").parent_path() / program;
  std::vector<std::string> arguments = {path.string()};
  if (!options.config.empty()) arguments.insert(arguments.end(), {"--config", options.config});
  if (options.allow_empty_backends) arguments.emplace_back("--allow-empty-backends");
  if (options.die_with_parent) arguments.emplace_back("--die-with-parent");
  std::vector<char*> raw;
  for (auto& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  ::execv(raw[0], raw.data());
  std::fprintf(stderr, "genvm-modules: cannot run %s: %s\n", raw[0], std::strerror(errno));
  return kExitFailure;
}

CLI::App* add(CLI::App& app, const char* name, const char* what, const char* config_name,
              RunOptions& options) {
  auto* command = app.add_subcommand(name, what);
  command->add_option("--config", options.config,
                      std::string("the YAML file; default ${exeDir}/../config/") + config_name);
  command->add_flag("--die-with-parent", options.die_with_parent,
                    "end when the parent process goes");
  return command;
}

}  // namespace

Command add_llm(CLI::App& app) {
  auto options = std::make_shared<RunOptions>();
  auto* command = add(app, "llm", "run the LLM module", "genvm-module-llm.yaml", *options);
  command->add_flag("--allow-empty-backends", options->allow_empty_backends,
                    "start even when no backend is usable");
  return [options] { return run("genvm-llm", *options); };
}

Command add_web(CLI::App& app) {
  auto options = std::make_shared<RunOptions>();
  add(app, "web", "run the web module", "genvm-module-web.yaml", *options);
  return [options] { return run("genvm-web", *options); };
}

}  // namespace gvm::apps
