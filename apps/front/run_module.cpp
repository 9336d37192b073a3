// `genvm-modules llm` and `web`: replace this process by the server's own program, which is in the
// same folder.
#include <memory>

#include "apps/front/commands.h"
#include "apps/front/server_process.h"
#include "apps/sandbox.h"

namespace gvm::apps {

namespace {

struct Given {
  ServerArguments server;
  std::string sandbox;
};

Command add_module(CLI::App& command, Module module, const char* program) {
  auto given = std::make_shared<Given>();
  add_server_arguments(command, module, given->server);
  add_sandbox_argument(command, given->sandbox);
  return [given, program] {
    return become_server(program, given->server, sandbox_words(given->sandbox));
  };
}

}  // namespace

std::vector<std::string> sandbox_words(const std::string& word) {
  if (word.empty()) return {};
  return {"--sandbox", word};
}

Command add_llm(CLI::App& app) {
  return add_module(*app.add_subcommand("llm", "run the LLM module"), Module::llm, "genvm-llm");
}

Command add_web(CLI::App& app) {
  return add_module(*app.add_subcommand("web", "run the web module"), Module::web, "genvm-web");
}

}  // namespace gvm::apps
