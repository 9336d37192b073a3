#pragma once
// The error codes of this folder.
#include <string_view>

namespace gvm::codes {

inline constexpr std::string_view kBadJsonPath = "BAD_JSON_PATH";
inline constexpr std::string_view kJsonPathTooComplex = "JSON_PATH_TOO_COMPLEX";

}  // namespace gvm::codes
