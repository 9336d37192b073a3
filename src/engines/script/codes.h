#pragma once
// Stable error codes of script/: Scripts.
#include <string_view>

namespace gvm::codes {

inline constexpr std::string_view kScriptError =
    "SCRIPT_ERROR";  // an ordinary Lua error nobody caught
inline constexpr std::string_view kScriptMemoryLimit = "SCRIPT_MEMORY_LIMIT";
inline constexpr std::string_view kScriptCpuLimit = "SCRIPT_CPU_LIMIT";
inline constexpr std::string_view kScriptCannotWait =
    "SCRIPT_CANNOT_WAIT";  // suspending call where Lua cannot yield
inline constexpr std::string_view kScriptBadAnswer =
    "SCRIPT_BAD_ANSWER";  // an entry point returned no answer of its form

}  // namespace gvm::codes
