#pragma once
// Stable error codes of client/: Tools that connect to a module.
#include <string_view>

namespace gvm::codes {

inline constexpr std::string_view kConnecting =
    "CONNECTING";  // nothing listens there, or it is not a module
inline constexpr std::string_view kConnectionLost = "CONNECTION_LOST";

}  // namespace gvm::codes
