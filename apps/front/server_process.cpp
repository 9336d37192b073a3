#include "apps/front/server_process.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "apps/front/commands.h"

namespace gvm::apps {

int become_server(const std::string& name, const ServerArguments& given,
                  std::vector<std::string> more) {
  const auto path = std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
  std::vector<std::string> arguments = std::move(more);
  arguments.insert(arguments.begin(), path.string());
  if (!given.config.empty()) arguments.insert(arguments.end(), {"--config", given.config});
  if (given.allow_empty_backends) arguments.emplace_back("--allow-empty-backends");
  if (!given.log_format.empty())
    arguments.insert(arguments.end(), {"--log-format", given.log_format});
  if (given.die_with_parent) arguments.emplace_back("--die-with-parent");
  std::vector<char*> raw;
  for (auto& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  ::execv(raw[0], raw.data());
  std::fprintf(stderr, "genvm-modules: cannot run %s: %s\n", raw[0], std::strerror(errno));
  return kExitFailure;
}

}  // namespace gvm::apps
