#include "config/environment.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "config/host_variables.h"

namespace gvm::config {

Environment Environment::of_process(std::string version) {
  std::error_code ignored;
  const auto exe = std::filesystem::read_symlink("/proc/self/exe", ignored);
  Environment env;
  env.get_env = [](const std::string& name) -> std::optional<std::string> {
    // NOLINTBEGIN(concurrency-mt-unsafe): only at load
    const char* value = std::getenv((std::string(kHostsVariables) + name).c_str());
    if (value == nullptr) value = std::getenv(name.c_str());
    // NOLINTEND(concurrency-mt-unsafe)
    if (value == nullptr) return std::nullopt;
    return value;
  };
  env.exe_dir = ignored ? "." : exe.parent_path().string();
  env.genvm_root = ignored ? ".." : exe.parent_path().parent_path().string();
  env.version = std::move(version);
  return env;
}

}  // namespace gvm::config
