#include "scripted/audit_of_config.h"

#include <chrono>

namespace gvm::scripted {
namespace {

audit::Options options_of(std::string_view module, const config::AuditConfig& from,
                          const config::CommonConfig& common) {
  audit::Options options;
  options.folder = audit_folder(from, common);
  options.module = module;
  options.keep = audit::parse_keep(from.texts).value_or(audit::Keep::none);
  options.retention = std::chrono::days(from.retention.count);
  options.anchor = from.anchor == "daily";
  options.anchor_file = from.anchor_file;
  options.on_failure =
      from.on_failure == "continue" ? audit::OnFailure::proceed : audit::OnFailure::refuse;
  options.most_file_bytes = from.max_file_bytes;
  return options;
}

}  // namespace

std::filesystem::path audit_folder(const config::AuditConfig& audit,
                                   const config::CommonConfig& common) {
  if (!audit.path.empty()) return audit.path;
  return std::filesystem::path(common.data_dir) / "audit";
}

Result<std::shared_ptr<audit::Log>> open_audit(std::string_view module,
                                               const config::AuditConfig& audit,
                                               const config::CommonConfig& common,
                                               const log::Logger& logger) {
  if (!audit.enabled) return std::shared_ptr<audit::Log>();
  return audit::Log::open(options_of(module, audit, common), logger.child("audit"));
}

}  // namespace gvm::scripted
