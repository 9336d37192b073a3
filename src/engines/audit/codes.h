#pragma once
// Stable error codes of audit/.
#include <string_view>

namespace gvm::codes {

inline constexpr std::string_view kAuditDiskFull = "AUDIT_DISK_FULL";
inline constexpr std::string_view kAuditReadOnly = "AUDIT_READ_ONLY";
inline constexpr std::string_view kAuditUnavailable =
    "AUDIT_UNAVAILABLE";  // the disk fails, or more answers wait to be written than may wait

}  // namespace gvm::codes
