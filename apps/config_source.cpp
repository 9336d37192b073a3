#include "apps/config_source.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <utility>

#include "apps/manager_link.h"
#include "base/fd.h"
#include "config/document.h"

namespace gvm::apps {

std::expected<std::string, config::Diagnostic> text_of_descriptor(int fd) {
  std::string text;
  std::array<char, 65536> part;
  while (text.size() <= config::kMaxFileBytes) {
    const auto count = ::pread(fd, part.data(), part.size(), static_cast<off_t>(text.size()));
    if (count == 0) break;
    if (count < 0)
      return std::unexpected(
          config::Diagnostic{"config", {}, {}, "the handed-over configuration cannot be read"});
    text.append(part.data(), static_cast<std::size_t>(count));
  }
  return text;
}

std::expected<ConfigSource, std::vector<config::Diagnostic>> config_source(
    const ServerArguments& arguments, Module module, const config::Environment& environment) {
  ConfigSource source;
  source.is_text = arguments.config_fd >= 0;
  source.file = source.is_text             ? "config"
                : arguments.config.empty() ? default_config(environment.exe_dir, module)
                                           : arguments.config;
  const Fd given(arguments.config_fd);
  auto text = source.is_text ? text_of_descriptor(given.get()) : config::read_text(source.file);
  if (!text) return std::unexpected(std::vector{std::move(text).error()});
  source.text = std::move(*text);
  return source;
}

std::vector<std::string> reasons_of(const std::vector<config::Diagnostic>& faults,
                                    const ConfigSource& source) {
  std::vector<std::string> reasons;
  for (const auto& fault : faults)
    reasons.push_back(!source.is_text || fault.key.empty() ? fault.to_string()
                                                           : fault.key + ": " + fault.message);
  return reasons;
}

int bad_configuration(const std::vector<config::Diagnostic>& faults,
                      const ServerArguments& arguments) {
  for (const auto& fault : faults) std::fprintf(stderr, "%s\n", fault.to_string().c_str());
  ConfigSource source;
  source.is_text = arguments.config_fd >= 0;
  ManagerLink(arguments).refused(reasons_of(faults, source));
  return 1;
}

}  // namespace gvm::apps
