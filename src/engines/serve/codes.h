#pragma once
// Stable error codes of serve/: Listening and shutdown.
#include <string_view>

namespace gvm::codes {

inline constexpr std::string_view kListenFailed =
    "LISTEN_FAILED";  // the bind address cannot be listened on
inline constexpr std::string_view kShuttingDown = "SHUTTING_DOWN";

}  // namespace gvm::codes
