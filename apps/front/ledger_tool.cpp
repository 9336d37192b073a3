#include "apps/front/ledger_tool.h"

#include <fmt/format.h>

#include <cstdio>

#include "apps/front/commands.h"
#include "apps/front/terminal.h"
#include "apps/process.h"
#include "apps/version.h"
#include "billing/spending.h"
#include "config/load.h"
#include "store/codes.h"

namespace gvm::apps {

void add_config_option(CLI::App& command, std::string& file) {
  command.add_option("--config", file,
                     "the YAML file; default ${exeDir}/../config/genvm-module-llm.yaml");
}

std::optional<LedgerTool> LedgerTool::open(std::string command, const std::string& config_file) {
  hide_from_core_dumps();
  LedgerTool tool(std::move(command));
  if (!tool.load(config_file) || !tool.open_reader()) return std::nullopt;
  return tool;
}

int LedgerTool::failed(const std::string& why) const {
  std::fprintf(stderr, "genvm-modules %s: %s\n", command_.c_str(),
               printable(redactor_->redact(why), Lines::keep).c_str());
  return kExitFailure;
}

int LedgerTool::failed(Error error) const {
  return failed(error.to_string());
}

bool LedgerTool::load(const std::string& file) {
  const auto environment = config::Environment::of_process(kVersion);
  const auto path = file.empty() ? environment.exe_dir + "/../config/genvm-module-llm.yaml" : file;
  const auto kind = config::detect_kind(path);
  if (kind && *kind == config::ModuleKind::web) {
    failed(path + " is a configuration of the web module; the LLM module keeps the ledger");
    return false;
  }
  auto loaded = config::load_llm(path, environment, {config::EmptyBackends::allow});
  if (!loaded) {
    std::fputs(config::to_string(loaded.error()).c_str(), stderr);
    failed(path + ": not a valid configuration of the LLM module");
    return false;
  }
  redactor_ = std::make_shared<const Redactor>(std::move(loaded->secrets));
  config_ = std::make_shared<const config::LlmConfig>(std::move(loaded->config));
  warnings_ = std::move(loaded->warnings);
  return true;
}

bool LedgerTool::open_reader() {
  auto reader = ledger::open_reader(billing::ledger_options(*config_));
  if (reader) {
    reader_ = std::move(*reader);
    return true;
  }
  Error error = std::move(reader).error();
  if (error.code() == codes::kLedgerUnavailable && !is_postgres())
    error.add_cause("the module makes its ledger in data_dir when it starts");
  failed(std::move(error));
  return false;
}

std::optional<store::DecisionRecord> LedgerTool::record(const std::string& id) {
  auto found = reader_->record(id);
  if (!found) {
    failed(std::move(found).error());
    return std::nullopt;
  }
  if (!*found)
    failed(fmt::format("there is no decision record \"{}\"; they are kept for {} days", id,
                       config_->ledger.keep_records_days.count));
  return std::move(*found);
}

}  // namespace gvm::apps
