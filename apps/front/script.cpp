// `genvm-modules script lint`: tools for authors of scripts.
#include "apps/front/script.h"

#include <memory>

namespace gvm::apps {
namespace {

CLI::App* add_lint(CLI::App& parent, ScriptOptions& options) {
  auto* lint = parent.add_subcommand(
      "lint", "find mistakes in a script without sending anything: unknown functions and globals");
  lint->add_option("file", options.file, "the Lua file")->required();
  lint->add_option("--module", options.module, "llm or web; default: as the script's names say")
      ->check(CLI::IsMember({"llm", "web"}));
  lint->add_option("--config", options.config,
                   "the module's YAML file, for lua_path, providers and limits");
  lint->footer(
      "Finds host functions and library functions that do not exist, entry points that are missing "
      "or misspelled, what the sandbox lacks, globals that nothing defines or that a function "
      "makes, "
      "and what would stop the module's start; in the script and in the files it requires. A name "
      "that a function tests (`if jit then`) is no mistake.\n"
      "Exit code: 0 nothing found, 1 mistakes, or the file cannot be read; 64 wrong usage.");
  return lint;
}

void add_test(CLI::App& parent, ScriptOptions& options) {
  auto* test = parent.add_subcommand(
      "test", "run the tests of a script against the module, with backends that the tests play");
  test->add_option("file", options.file, "the script, or its test file beside it: NAME_test.lua")
      ->required();
  test->add_option("--config", options.config,
                   "the module's YAML file, in place of the test file's own configuration");
  test->add_option("--timeout", options.timeout_seconds, "seconds for each test, default 60")
      ->check(CLI::Range(0.1, 3600.0));
  test->footer(
      "The module runs in this process as in production, on an empty ledger for each test; its "
      "backends are a server on 127.0.0.1, and nothing else can be reached. docs/scripts.md says "
      "how "
      "a test file is written.\n"
      "Exit code: 0 all tests pass, 1 one fails or the module does not start, 64 wrong usage.");
}

}  // namespace

Command add_script(CLI::App& app) {
  auto options = std::make_shared<ScriptOptions>();
  auto* command = app.add_subcommand("script", "tools for authors of scripts");
  command->require_subcommand(1);
  const auto* lint = add_lint(*command, *options);
  add_test(*command, *options);
  return [options, lint] { return lint->parsed() ? lint_script(*options) : test_script(*options); };
}

}  // namespace gvm::apps
