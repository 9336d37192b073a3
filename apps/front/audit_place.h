#pragma once
// Where the tools find an audit: a folder, or the configuration of the module that names it.
#include <CLI/App.hpp>
#include <expected>
#include <memory>
#include <string>

#include "base/redactor.h"
#include "config/llm_config.h"

namespace gvm::apps {

struct AuditPlace {
  std::string config_file;
  std::string folder;
  std::string anchor_file;
  std::shared_ptr<const config::LlmConfig> llm;  // of the LLM module; null: --path, or the web's
  std::shared_ptr<const Redactor> redactor = std::make_shared<const Redactor>();

  void add_to(CLI::App& command);
  // Reads the configuration unless the folder is given. The error is a sentence.
  std::expected<void, std::string> resolve();

 private:
  void take(const config::AuditConfig& audit, const config::CommonConfig& common);
};

}  // namespace gvm::apps
