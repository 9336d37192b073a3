#pragma once
// `genvm-modules script`: the tools for authors of scripts.
#include <string>

#include "apps/front/commands.h"
#include "config/common_config.h"

namespace gvm::apps {

Command add_script(CLI::App& app);

struct ScriptOptions {
  std::string file;             // the script; of `test` the test file, or the script beside it
  std::string config;           // a YAML file, or empty
  std::string module;           // "llm", "web", or empty: found out
  double timeout_seconds = 60;  // of each test
};

// Which module a script is for: by the library it uses and the entry points it defines.
config::ModuleKind module_by_names(const std::string& source);

// Exit codes.
int lint_script(const ScriptOptions& options);
int test_script(const ScriptOptions& options);

}  // namespace gvm::apps
