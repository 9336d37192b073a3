// `genvm-modules check-config FILE`: all errors of a configuration, and of the price catalogue that
// it names, in one run.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "apps/front/commands.h"
#include "apps/version.h"
#include "config/load.h"
#include "config/prices_load.h"

namespace gvm::apps {
namespace {

// The faults of one file, then how many.
int faulty(const std::vector<config::Diagnostic>& faults, const std::string& file) {
  for (const auto& fault : faults) std::fprintf(stderr, "%s\n", fault.to_string().c_str());
  std::fprintf(stderr, "%s: %zu error%s\n", file.c_str(), faults.size(),
               faults.size() == 1 ? "" : "s");
  return kExitFailure;
}

void sound(const std::vector<std::string>& warnings, const std::string& file, const char* what) {
  for (const auto& warning : warnings) std::printf("warning: %s\n", warning.c_str());
  std::printf("%s: a valid %s\n", file.c_str(), what);
}

int check_prices(const std::string& file, const config::Environment& environment) {
  if (file.empty()) return kExitOk;
  const auto prices = config::load_prices(file, environment);
  if (!prices) return faulty(prices.error(), file);
  sound(prices->warnings, file, "price catalogue");
  return kExitOk;
}

int check_llm(const std::string& file, const config::Environment& environment,
              config::Strictness strictness) {
  const auto loaded =
      config::load_llm(file, environment, {config::EmptyBackends::allow, strictness});
  if (!loaded) return faulty(loaded.error(), file);
  sound(loaded->warnings, file, "configuration of the LLM module");
  return check_prices(loaded->config.pricing.file, environment);
}

int check_web(const std::string& file, const config::Environment& environment,
              config::Strictness strictness) {
  const auto loaded =
      config::load_web(file, environment, {config::EmptyBackends::refuse, strictness});
  if (!loaded) return faulty(loaded.error(), file);
  sound(loaded->warnings, file, "configuration of the web module");
  return kExitOk;
}

int check(const std::string& file, config::Strictness strictness) {
  auto kind = config::detect_kind(file);
  if (!kind) {
    std::fprintf(stderr, "%s\n", kind.error().to_string().c_str());
    return kExitFailure;
  }
  const auto environment = config::Environment::of_process(kVersion);
  return *kind == config::ModuleKind::web ? check_web(file, environment, strictness)
                                          : check_llm(file, environment, strictness);
}

}  // namespace

Command add_check_config(CLI::App& app) {
  auto file = std::make_shared<std::string>();
  auto strict = std::make_shared<bool>(false);
  auto* command = app.add_subcommand(
      "check-config", "say everything that is wrong with a configuration file and its prices");
  command->add_option("file", *file, "the YAML file, of either module")->required();
  command->add_flag("--strict", *strict, "unknown keys are errors, not warnings");
  return [file, strict] {
    return check(*file, *strict ? config::Strictness::strict : config::Strictness::lenient);
  };
}

}  // namespace gvm::apps
