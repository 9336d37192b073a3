#pragma once
// The option --token of the tools: a token, or env:NAME to take it from the environment, which
// other users of the machine do not see.
#include <string>

#include "base/error.h"

namespace gvm::apps {

// An error says which variable is not set.
Result<std::string> token_of_argument(const std::string& given);

}  // namespace gvm::apps
