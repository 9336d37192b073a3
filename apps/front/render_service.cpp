// `genvm-modules render-service`: replaces this process by the web module's program, which stands
// beside this one and then answers GET /render in place of sessions.
#include "apps/front/render_service.h"

#include <memory>
#include <string>
#include <vector>

#include "apps/front/server_process.h"
#include "apps/sandbox.h"

namespace gvm::apps {
namespace {

struct RenderArguments {
  ServerArguments server;
  std::string bind;
  std::string sandbox;
};

int run(const RenderArguments& given) {
  std::vector<std::string> more = {"--render-service"};
  if (!given.bind.empty()) more.insert(more.end(), {"--bind", given.bind});
  const auto words = sandbox_words(given.sandbox);
  more.insert(more.end(), words.begin(), words.end());
  return become_server("genvm-web", given.server, std::move(more));
}

}  // namespace

Command add_render_service(CLI::App& app) {
  auto arguments = std::make_shared<RenderArguments>();
  auto* command = app.add_subcommand("render-service",
                                     "offer GenLayer's rendering service, by browsers of our own");
  add_server_arguments(*command, Module::web, arguments->server);
  add_sandbox_argument(*command, arguments->sandbox);
  command->add_option("--bind", arguments->bind, "where it listens; default 127.0.0.1:4444");
  return [arguments] { return run(*arguments); };
}

}  // namespace gvm::apps
