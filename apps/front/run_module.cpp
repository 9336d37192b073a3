// `genvm-modules llm` and `web`: replace this process by the server's own program, which is in the
// same folder.
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

int run(const char* program, const ServerArguments& given) {
  const auto path = std::filesystem::read_symlink("/proc/self/exe").parent_path() / program;
  std::vector<std::string> arguments = {path.string()};
  if (!given.config.empty()) arguments.insert(arguments.end(), {"--config", given.config});
  if (given.allow_empty_backends) arguments.emplace_back("--allow-empty-backends");
  if (given.die_with_parent) arguments.emplace_back("--die-with-parent");
  std::vector<char*> raw;
  for (auto& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  ::execv(raw[0], raw.data());
  std::fprintf(stderr, "genvm-modules: cannot run %s: %s\n", raw[0], std::strerror(errno));
  return kExitFailure;
}

}  // namespace

Command add_llm(CLI::App& app) {
  auto arguments = std::make_shared<ServerArguments>();
  add_server_arguments(*app.add_subcommand("llm", "run the LLM module"), Module::llm, *arguments);
  return [arguments] { return run("genvm-llm", *arguments); };
}

Command add_web(CLI::App& app) {
  auto arguments = std::make_shared<ServerArguments>();
  add_server_arguments(*app.add_subcommand("web", "run the web module"), Module::web, *arguments);
  return [arguments] { return run("genvm-web", *arguments); };
}

}  // namespace gvm::apps
