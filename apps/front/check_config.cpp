// `genvm-modules check-config FILE`: all errors of a file in one run, and nothing else.
#include <cstdio>
#include <memory>
#include <string>

#include "apps/front/commands.h"
#include "apps/version.h"
#include "config/load.h"

namespace gvm::apps {
namespace {

template <class T>
int report(const config::Loaded<T>& loaded, const std::string& file, const char* kind) {
  if (!loaded) {
    for (const auto& diagnostic : loaded.error())
      std::fprintf(stderr, "%s\n", diagnostic.to_string().c_str());
    std::fprintf(stderr, "%s: %zu error%s\n", file.c_str(), loaded.error().size(),
                 loaded.error().size() == 1 ? "" : "s");
    return kExitFailure;
  }
  for (const auto& warning : loaded->warnings) std::printf("warning: %s\n", warning.c_str());
  std::printf("%s: a valid configuration of the %s module\n", file.c_str(), kind);
  return kExitOk;
}

int check(const std::string& file) {
  auto kind = config::detect_kind(file);
  if (!kind) {
    std::fprintf(stderr, "%s\n", kind.error().to_string().c_str());
    return kExitFailure;
  }
  const auto environment = config::Environment::of_process(kVersion);
  if (*kind == config::ModuleKind::web)
    return report(config::load_web(file, environment), file, "web");
  return report(config::load_llm(file, environment, {config::EmptyBackends::allow}), file, "LLM");
}

}  // namespace

Command add_check_config(CLI::App& app) {
  auto file = std::make_shared<std::string>();
  auto* command =
      app.add_subcommand("check-config", "say everything that is wrong with a configuration file");
  command->add_option("file", *file, "the YAML file, of either module")->required();
  return [file] { return check(*file); };
}

}  // namespace gvm::apps
