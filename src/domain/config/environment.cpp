#include "config/environment.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace gvm::config {

Environment Environment::of_process(std::string version) {
  std::error_code ignored;
  const auto exe = std::filesystem::read_symlink("/proc/self/exe", ignored);
  Environment env;
  env.get_env = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): only at load
    if (value == nullptr) return std::nullopt;
    return value;
  };
  env.exe_dir = ignored ? "." : exe.parent_path().string();
  env.genvm_root = ignored ? ".." : exe.parent_path().parent_path().string();
  env.version = std::move(version);
  return env;
}

}  // namespace gvm::config
