// genvm-modules: the front. Runs the two servers by subcommand and holds the tools for people.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <map>

#include "apps/front/commands.h"
#include "apps/process.h"
#include "apps/version.h"

int main(int argc, char** argv) {
  using namespace gvm::apps;
  CLI::App app("GenVM Modules: the LLM and web services of GenLayer's GenVM", "genvm-modules");
  app.set_version_flag("--version", kVersionLine);
  app.require_subcommand(1);

  std::map<std::string, Command> commands;
  commands["llm"] = add_llm(app);
  commands["web"] = add_web(app);
  commands["llm-check"] = add_llm_check(app);
  commands["check-config"] = add_check_config(app);
  commands["call"] = add_call(app);
  commands["explain-url"] = add_explain_url(app);
  commands["sign"] = add_sign(app);
  commands["verify"] = add_verify(app);
  commands["usage"] = add_usage(app);
  commands["ledger"] = add_ledger(app);
  commands["explain"] = add_explain(app);
  commands["replay"] = add_replay(app);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? kExitOk : kExitUsage;
  }
  hide_argument(argc, argv, "--key");
  return commands.at(app.get_subcommands().front()->get_name())();
}
