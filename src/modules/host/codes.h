#pragma once
// Stable error codes of host/: Host functions.
#include <string_view>

namespace gvm::codes {

inline constexpr std::string_view kUnknownSigningKey =
    "UNKNOWN_SIGNING_KEY";  // a script names a key the configuration does not have
inline constexpr std::string_view kBadPattern = "BAD_PATTERN";  // RE2; ctx.position says where

}  // namespace gvm::codes
