#pragma once
// Stable error codes of provider/: Backends and models.
#include <string_view>

namespace gvm::codes {

inline constexpr std::string_view kUnknownProvider =
    "UNKNOWN_PROVIDER";  // no such backend or model

}  // namespace gvm::codes
