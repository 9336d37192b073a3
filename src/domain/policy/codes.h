#pragma once
// Stable error codes of policy/: What a deny or allow list refuses.
#include <string_view>

namespace gvm::codes {

inline constexpr std::string_view kUrlForbidden = "URL_FORBIDDEN";

}  // namespace gvm::codes
