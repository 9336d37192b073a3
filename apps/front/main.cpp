// genvm-modules: the front program. Starts the two servers by subcommand, and contains the tools
// for people.
#include <CLI/App.hpp>
#include <map>

#include "apps/front/audit.h"
#include "apps/front/commands.h"
#include "apps/front/render_service.h"
#include "apps/front/script.h"
#include "apps/process.h"

int main(int argc, char** argv) {
  using namespace gvm::apps;
  CLI::App app("GenVM Modules: the LLM and web services of GenLayer's GenVM", "genvm-modules");
  app.require_subcommand(1);

  std::map<std::string, Command> commands;
  commands["llm"] = add_llm(app);
  commands["web"] = add_web(app);
  commands["render-service"] = add_render_service(app);
  commands["manager"] = add_manager(app);
  commands["reload"] = add_reload(app);
  commands["diff"] = add_diff(app);
  commands["attach-executor"] = add_attach_executor(app);
  commands["doctor"] = add_doctor(app);
  commands["init"] = add_init(app);
  commands["ledger-keeper"] = add_ledger_keeper(app);
  commands["llm-check"] = add_llm_check(app);
  commands["check-config"] = add_check_config(app);
  commands["call"] = add_call(app);
  commands["explain-url"] = add_explain_url(app);
  commands["guard"] = add_guard(app);
  commands["greybox"] = add_greybox(app);
  commands["script"] = add_script(app);
  commands["sign"] = add_sign(app);
  commands["verify"] = add_verify(app);
  commands["usage"] = add_usage(app);
  commands["ledger"] = add_ledger(app);
  commands["audit"] = add_audit(app);
  commands["forget"] = add_forget(app);
  commands["explain"] = add_explain(app);
  commands["replay"] = add_replay(app);
  commands["top"] = add_top(app);

  if (const auto ended = parse_arguments(app, argc, argv)) return *ended;
  hide_argument(argc, argv, "--key");
  hide_argument(argc, argv, "--token");
  return commands.at(app.get_subcommands().front()->get_name())();
}
