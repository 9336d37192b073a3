#pragma once
// Stable error codes of serve/: Listening and shutdown.
#include <string_view>

namespace gvm::codes {

inline constexpr std::string_view kListenFailed =
    "LISTEN_FAILED";  // the bind address cannot be listened on
inline constexpr std::string_view kOverloaded =
    "OVERLOADED";  // a limit on running requests, memory or delay, named in the detail
inline constexpr std::string_view kPeerForbidden =
    "PEER_FORBIDDEN";  // the session port is not for this address or user
inline constexpr std::string_view kShuttingDown = "SHUTTING_DOWN";

inline constexpr std::string_view kUnauthorized = "UNAUTHORIZED";  // no token, or a wrong one
inline constexpr std::string_view kTlsNeeded =
    "TLS_NEEDED";  // plain text was spoken to a port with serve.tls

}  // namespace gvm::codes
