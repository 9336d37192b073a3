#pragma once
// A fixed environment for the tests of this folder.
#include <map>
#include <string>
#include <utility>

#include "config/environment.h"

namespace gvm::config {

inline Environment test_environment(std::map<std::string, std::string> variables = {}) {
  Environment env;
  env.get_env = [variables =
                     std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  env.exe_dir = "/opt/genvm/bin";
  env.genvm_root = "/opt/genvm";
  env.version = "9.8.7";
  return env;
}

}  // namespace gvm::config
