#pragma once
// The audit of a module, as its configuration says.
#include <filesystem>
#include <memory>
#include <string_view>

#include "audit/log.h"
#include "config/audit_config.h"
#include "config/common_config.h"

namespace gvm::scripted {

std::filesystem::path audit_folder(const config::AuditConfig& audit,
                                   const config::CommonConfig& common);

// Begins a chain; null when none is wanted. `module`: "llm" or "web". AUDIT_*.
Result<std::shared_ptr<audit::Log>> open_audit(std::string_view module,
                                               const config::AuditConfig& audit,
                                               const config::CommonConfig& common,
                                               const log::Logger& logger);

}  // namespace gvm::scripted
