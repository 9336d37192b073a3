#pragma once
// How the modules' programs confine themselves (docs/sandbox.md): which files and ports a
// configuration needs, and when.
#include <CLI/App.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/secret.h"
#include "config/llm_config.h"
#include "config/web_config.h"
#include "confine/confine.h"

namespace gvm::apps {

// --sandbox; when it is not given, `word` stays empty and the configuration decides.
void add_sandbox_argument(CLI::App& command, std::string& word);

// What else than the configuration decides.
struct SandboxSettings {
  std::string_view word = {};                 // of --sandbox
  std::string exe_dir = {};                   // the programs' folder
  std::vector<std::string> programs = {};     // started later; empty: none
  bool browsers = false;                      // they are browsers' cells
  const std::vector<Secret>* keys = nullptr;  // of the configuration; locked in memory
};

// Confines this process, before its first thread. CANNOT_START: not even a process could be made.
// The report says what holds; its check() whether the start may go on.
Result<confine::Report> enter_sandbox(const config::LlmConfig& config,
                                      const SandboxSettings& settings);
Result<confine::Report> enter_sandbox(const config::WebConfig& config,
                                      const SandboxSettings& settings);

}  // namespace gvm::apps
