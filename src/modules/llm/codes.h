#pragma once
// Stable error codes of llm/.
#include <string_view>

namespace gvm::codes {

inline constexpr std::string_view kEmptyPrompt = "EMPTY_PROMPT";  // filters leave nothing of it

}  // namespace gvm::codes
