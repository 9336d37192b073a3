#pragma once
// The subcommands of genvm-modules. Each adds its options to the parser and returns the function
// that runs when it is chosen; the result of that function is the exit code of the process.
#include <CLI/App.hpp>
#include <functional>

#include "apps/arguments.h"

namespace gvm::apps {

using Command = std::function<int()>;

// Exit codes, for scripts.
enum ExitCode : int {
  kExitOk = 0,
  kExitFailure = 1,      // the module could not start, the file has errors, or a check failed
  kExitUserError = 2,    // call: the module answered UserError
  kExitFatalError = 3,   // call: the module answered FatalError
  kExitUnreachable = 4,  // call: no connection, or it was lost; reload: there is no module
  kExitUsage = kWrongUsage,
};

Command add_llm(CLI::App& app);
Command add_web(CLI::App& app);
Command add_manager(CLI::App& app);
Command add_attach_executor(CLI::App& app);
Command add_doctor(CLI::App& app);
Command add_init(CLI::App& app);
Command add_ledger_keeper(CLI::App& app);
Command add_llm_check(CLI::App& app);
Command add_check_config(CLI::App& app);
Command add_call(CLI::App& app);
Command add_explain_url(CLI::App& app);
Command add_guard(CLI::App& app);
Command add_greybox(CLI::App& app);
Command add_sign(CLI::App& app);
Command add_verify(CLI::App& app);
Command add_usage(CLI::App& app);
Command add_ledger(CLI::App& app);
Command add_explain(CLI::App& app);
Command add_replay(CLI::App& app);
Command add_reload(CLI::App& app);
Command add_diff(CLI::App& app);
Command add_top(CLI::App& app);

}  // namespace gvm::apps
