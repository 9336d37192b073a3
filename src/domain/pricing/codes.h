#pragma once
// Stable error codes of pricing/: Gen.
#include <string_view>

namespace gvm::codes {

inline constexpr std::string_view kBadGenRate =
    "BAD_GEN_RATE";  // gen per USD or per time unit that is no number above 0

}  // namespace gvm::codes
