#include "apps/front/audit_place.h"

#include "apps/front/ledger_tool.h"
#include "apps/process.h"
#include "apps/version.h"
#include "config/load.h"
#include "scripted/audit_of_config.h"

namespace gvm::apps {

void AuditPlace::add_to(CLI::App& command) {
  add_config_option(command, config_file);
  command.add_option("--path", folder, "the folder, in place of the configuration's");
}

void AuditPlace::take(const config::AuditConfig& audit, const config::CommonConfig& common) {
  folder = scripted::audit_folder(audit, common);
  if (anchor_file.empty()) anchor_file = audit.anchor_file;
}

std::expected<void, std::string> AuditPlace::resolve() {
  hide_from_core_dumps();
  if (!folder.empty()) return {};
  const auto environment = config::Environment::of_process(kVersion);
  const auto path =
      config_file.empty() ? environment.exe_dir + "/../config/genvm-module-llm.yaml" : config_file;
  const auto kind = config::detect_kind(path);
  if (kind && *kind == config::ModuleKind::web) {
    auto loaded = config::load_web(path, environment, {config::EmptyBackends::allow});
    if (!loaded)
      return std::unexpected(config::to_string(loaded.error()) + path +
                             ": not a valid configuration of the web module");
    redactor = std::make_shared<const Redactor>(std::move(loaded->secrets));
    take(loaded->config.audit, loaded->config.common);
    return {};
  }
  auto loaded = config::load_llm(path, environment, {config::EmptyBackends::allow});
  if (!loaded)
    return std::unexpected(config::to_string(loaded.error()) + path +
                           ": not a valid configuration of the LLM module");
  redactor = std::make_shared<const Redactor>(std::move(loaded->secrets));
  llm = std::make_shared<const config::LlmConfig>(std::move(loaded->config));
  take(llm->audit, llm->common);
  return {};
}

}  // namespace gvm::apps
