#pragma once
// The command line that keeps Chromium inside its cell, and makes it look the same everywhere.
#include <string>
#include <vector>

#include "browser/cell.h"

namespace gvm::browser {

// Without the values that are only known inside the cell: proxy, profile, port, sandbox.
// `more` are an operator's own arguments (extra_arguments() has judged them).
std::vector<std::string> browser_arguments(const Appearance& appearance,
                                           const std::vector<std::string>& more);

// Chromium's managed policies, as JSON.
std::string managed_policy();

}  // namespace gvm::browser
