#pragma once
// What `check-config` and `llm-check` do, for a file that a tool has just written.
#include <string>

namespace gvm::apps {

// Prints what is wrong with a configuration and the files that it names; check-config's exit code.
int check_config_file(const std::string& file);

// Asks that model of that backend for a word, as a prompt would; llm-check's exit code.
int try_configured_model(const std::string& file, const std::string& backend,
                         const std::string& model);

}  // namespace gvm::apps
