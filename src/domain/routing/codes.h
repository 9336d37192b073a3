#pragma once
// Stable error codes of routing/: Recorded routing states.
#include <string_view>

namespace gvm::codes {

inline constexpr std::string_view kMalformedSnapshot =
    "MALFORMED_SNAPSHOT";  // a routing state that cannot be replayed; the detail says where

}  // namespace gvm::codes
