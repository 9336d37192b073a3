#pragma once
// How Chromium is told to stay at home, and to look the same everywhere.
#include <string>
#include <vector>

#include "browser/cell.h"

namespace gvm::browser {

// Without what is only known inside: proxy, profile, port, sandbox.
std::vector<std::string> browser_arguments(const Appearance& appearance);

// Chromium's managed policies, as JSON.
std::string managed_policy();

}  // namespace gvm::browser
