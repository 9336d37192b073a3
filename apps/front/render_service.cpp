// `genvm-modules render-service`: replaces this process by the web module's program, which stands
// beside this one and then answers GET /render in place of sessions.
#include "apps/front/render_service.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace gvm::apps {
namespace {

struct RenderArguments {
  ServerArguments server;
  std::string bind;
};

int run(const RenderArguments& given) {
  const auto path = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "genvm-web";
  std::vector<std::string> arguments = {path.string(), "--render-service"};
  if (!given.bind.empty()) arguments.insert(arguments.end(), {"--bind", given.bind});
  const auto& config = given.server.config;
  if (!config.empty()) arguments.insert(arguments.end(), {"--config", config});
  if (given.server.die_with_parent) arguments.emplace_back("--die-with-parent");
  std::vector<char*> raw;
  for (auto& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  ::execv(raw[0], raw.data());
  std::fprintf(stderr, "genvm-modules: cannot run %s: %s\n", raw[0], std::strerror(errno));
  return kExitFailure;
}

}  // namespace

Command add_render_service(CLI::App& app) {
  auto arguments = std::make_shared<RenderArguments>();
  auto* command = app.add_subcommand("render-service",
                                     "offer GenLayer's rendering service, by browsers of our own");
  add_server_arguments(*command, Module::web, arguments->server);
  command->add_option("--bind", arguments->bind, "where it listens; default 127.0.0.1:4444");
  return [arguments] { return run(*arguments); };
}

}  // namespace gvm::apps
