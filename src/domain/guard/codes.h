#pragma once
// Stable error codes of guard/: what a guard refuses.
#include <string_view>

namespace gvm::codes {

inline constexpr std::string_view kGuardBlocked = "GUARD_BLOCKED";  // a rule blocks the text
// A masking rule could not mask everything it found: the text goes no further.
inline constexpr std::string_view kGuardMaskFailed = "GUARD_MASK_FAILED";
// A moderator gave no usable verdict in time, and its `when_down` is block.
inline constexpr std::string_view kGuardUnavailable = "GUARD_UNAVAILABLE";
inline constexpr std::string_view kGuardBadText = "GUARD_BAD_TEXT";  // no valid UTF-8

}  // namespace gvm::codes
