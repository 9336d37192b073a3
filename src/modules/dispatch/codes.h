#pragma once
// Stable error codes of dispatch/.
#include <string_view>

namespace gvm::codes {

inline constexpr std::string_view kDataRules =
    "DATA_RULES";  // the operator's data rules keep the prompt from the model that was asked for

}  // namespace gvm::codes
