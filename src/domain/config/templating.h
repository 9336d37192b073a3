#pragma once
// ${...} in the strings of a configuration file, filled once at load. Pure.
//
//   ${genvmRoot} ${exeDir} ${genvmVersion}   the installation
//   ${ENV[NAME]}                             the environment; empty when NAME is not set
//   ${dollar}                                a dollar sign, for a text that must contain "${"
//   itself
//
// One pass: inserted text is not expanded again. Anything else after "${" is an error. So is "$${",
// because it could be an escape or a dollar sign before a variable.
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "config/environment.h"

namespace gvm::config {

// The error is a sentence for a Diagnostic.
std::expected<std::string, std::string> expand(std::string_view text, const Environment& env);

// The names N of all ${ENV[N]} in `text` that are not set or are empty.
std::vector<std::string> unset_variables(std::string_view text, const Environment& env);

}  // namespace gvm::config
