#pragma once
// Stable error codes of text/: Answers of models.
#include <string_view>

namespace gvm::codes {

inline constexpr std::string_view kAnswerNotUsable =
    "ANSWER_NOT_USABLE";  // JSON or bool that cannot be repaired

}  // namespace gvm::codes
