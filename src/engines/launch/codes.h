#pragma once
// Stable error codes of launch/.
#include <string_view>

namespace gvm::codes {

// A program could not be started; ctx.errno says why (ENOENT: it is not installed).
inline constexpr std::string_view kCannotStart = "CANNOT_START";

}  // namespace gvm::codes
