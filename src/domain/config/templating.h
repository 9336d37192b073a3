#pragma once
// ${...} in the strings of a configuration file, filled once at load. Pure.
//
//   ${genvmRoot} ${exeDir} ${genvmVersion}   the installation
//   ${ENV[NAME]}                             the environment; empty when NAME is not set
//   ${dollar}                                a dollar sign, for a text that must hold "${" itself
//
// One pass: what is inserted is not looked at again. Anything else after "${" is an error, and so
// is "$${", which could be meant as an escape or as a dollar sign before a variable.
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "config/environment.h"

namespace gvm::config {

// The error is a sentence for a Diagnostic.
std::expected<std::string, std::string> expand(std::string_view text, const Environment& env);

// Names N of every ${ENV[N]} in `text` that are not set or empty.
std::vector<std::string> unset_variables(std::string_view text, const Environment& env);

}  // namespace gvm::config
