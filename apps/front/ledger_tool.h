#pragma once
// Shared by the tools that read a ledger: the LLM module's configuration, and the ledger that it
// names. Nothing is written; the module may be running.
#include <CLI/App.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/redactor.h"
#include "config/llm_config.h"
#include "ledger/open_ledger.h"

namespace gvm::apps {

class LedgerTool {
 public:
  // Empty on failure; the reason was printed to standard error. `command` is the name of the tool.
  static std::optional<LedgerTool> open(std::string command, const std::string& config_file);

  const std::shared_ptr<const config::LlmConfig>& config() const { return config_; }
  const std::shared_ptr<const Redactor>& redactor() const { return redactor_; }
  store::LedgerReader& reader() { return *reader_; }
  bool is_postgres() const { return !config_->ledger.url.empty(); }
  // Warnings of the configuration, e.g. that a backend without a key was left out.
  const std::vector<std::string>& warnings() const { return warnings_; }
  // Empty on failure; the reason was printed to standard error.
  std::optional<store::DecisionRecord> record(const std::string& id);

  // Prints the reason to standard error; returns the exit code.
  int failed(const std::string& why) const;
  int failed(Error error) const;

 private:
  explicit LedgerTool(std::string command) : command_(std::move(command)) {}
  bool load(const std::string& file);
  bool open_reader();

  std::string command_;
  std::shared_ptr<const config::LlmConfig> config_;
  std::shared_ptr<const Redactor> redactor_ = std::make_shared<const Redactor>();
  std::vector<std::string> warnings_;
  std::unique_ptr<store::LedgerReader> reader_;
};

void add_config_option(CLI::App& command, std::string& file);

}  // namespace gvm::apps
