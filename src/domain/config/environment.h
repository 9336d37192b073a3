#pragma once
// What a configuration file may refer to with ${...}. Tests replace it.
#include <functional>
#include <optional>
#include <string>

namespace gvm::config {

struct Environment {
  // Empty when the variable is not set.
  std::function<std::optional<std::string>(const std::string& name)> get_env;
  std::string exe_dir;     // the folder of the executable
  std::string genvm_root;  // the installation root
  std::string version;     // of the modules

  // The running process. The installation root is the folder above the executable's.
  static Environment of_process(std::string version);
};

}  // namespace gvm::config
