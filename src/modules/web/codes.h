#pragma once
// Stable error codes of web/: What a contract may not send.
#include <string_view>

namespace gvm::codes {

inline constexpr std::string_view kHeaderForbidden = "HEADER_FORBIDDEN";
inline constexpr std::string_view kBodyForbidden = "BODY_FORBIDDEN";

}  // namespace gvm::codes
