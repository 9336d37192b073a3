// `genvm-modules check-config FILE`: all errors of a configuration, and of the files that it names,
// in one run.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "apps/front/commands.h"
#include "apps/front/input.h"
#include "apps/front/tries.h"
#include "apps/tls_files.h"
#include "apps/version.h"
#include "base/error_detail.h"
#include "billing/price_reload.h"
#include "config/load.h"
#include "llm/handler.h"
#include "pricing/live_catalog.h"
#include "web/handler.h"

namespace gvm::apps {
namespace {

// Prints the faults of one file, and their number.
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

int check_prices(const config::LlmConfig& config, const config::Environment& environment) {
  const std::string& file = config.pricing.file;
  if (file.empty()) return kExitOk;
  auto prices = pricing::load_catalog(file, environment);
  if (!prices) return faulty(prices.error(), file);
  if (!config.backends.empty() && !billing::has_price_for_any(*prices->catalog, config))
    prices->warnings.push_back(file + ": it has a price for none of the configured models");
  sound(prices->warnings, file, "price catalogue");
  return kExitOk;
}

// Checks the files that a configuration names.
class NamedFiles {
 public:
  explicit NamedFiles(std::string config) : config_(std::move(config)) {}

  void must_be_readable(const char* key, const std::string& path) {
    if (path.empty()) return;
    const auto text = read_file(path);
    if (!text) faults_.push_back({config_, {}, key, text.error()});
  }
  void must_be_sound(const config::TlsConfig& tls) {
    const auto files = read_tls(tls);
    if (!files)
      faults_.push_back({config_, {}, "serve.tls", std::string(detail_of(files.error()))});
    if (files) warnings_ = files->warnings;
  }
  void must_be_readable(const config::CommonConfig& common) {
    must_be_readable("lua_script_path", common.lua_script_path);
    must_be_readable("http.ca_file", common.http.ca_file);
    for (const auto& key : common.signing.keys) must_be_readable("signing.keys", key.key_file);
    must_be_sound(common.serve.tls);
  }
  const std::vector<config::Diagnostic>& faults() const { return faults_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  std::string config_;
  std::vector<config::Diagnostic> faults_;
  std::vector<std::string> warnings_;
};

// What the module's own start says of its script. `load_script` is the module's.
std::vector<config::Diagnostic> script_faults(const auto& config, const std::string& file,
                                              const auto& load_script) {
  const auto program = load_script(config);
  if (program) return {};
  // The code says no more than that the configuration is not valid.
  return {{file, {}, "lua_script_path", std::string(detail_of(program.error()))}};
}

// `loaded` is the configuration of either module, and `load_script` that module's.
int check_loaded(const auto& loaded, const std::string& file, const char* what,
                 const auto& load_script) {
  if (!loaded) return faulty(loaded.error(), file);
  NamedFiles files(file);
  files.must_be_readable(loaded->config.common);
  if (!files.faults().empty()) return faulty(files.faults(), file);
  for (const auto& warning : files.warnings()) std::printf("warning: %s\n", warning.c_str());
  if (const auto faults = script_faults(loaded->config, file, load_script); !faults.empty()) {
    // A script may miss a backend that was left out.
    for (const auto& warning : loaded->warnings) std::printf("warning: %s\n", warning.c_str());
    return faulty(faults, file);
  }
  sound(loaded->warnings, file, what);
  return kExitOk;
}

int check_llm(const std::string& file, const config::Environment& environment,
              config::Strictness strictness) {
  // Keys are in the environment of the service, not of the person who checks its file.
  const auto loaded =
      config::load_llm(file, environment, {config::EmptyBackends::allow_missing_keys, strictness});
  const int checked =
      check_loaded(loaded, file, "configuration of the LLM module",
                   [](const config::LlmConfig& config) { return llm::load_script(config); });
  if (checked != kExitOk) return checked;
  if (const auto images = llm::check_image_filters(loaded->config.greybox); !images) {
    std::fprintf(stderr, "%s\n", std::string(detail_of(images.error())).c_str());
    return kExitFailure;
  }
  if (loaded->config.backends.empty())
    std::printf(
        "warning: with this environment no backend is left, and the module would not start\n");
  return check_prices(loaded->config, environment);
}

int check_web(const std::string& file, const config::Environment& environment,
              config::Strictness strictness) {
  return check_loaded(
      config::load_web(file, environment, {config::EmptyBackends::refuse, strictness}), file,
      "configuration of the web module",
      [](const config::WebConfig& config) { return web::load_script(config); });
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

int check_config_file(const std::string& file) {
  return check(file, config::Strictness::lenient);
}

Command add_check_config(CLI::App& app) {
  auto file = std::make_shared<std::string>();
  auto strict = std::make_shared<bool>(false);
  auto* command = app.add_subcommand(
      "check-config",
      "say everything that is wrong with a configuration file, its script and its prices");
  command->add_option("file", *file, "the YAML file, of either module")->required();
  command->add_flag("--strict", *strict, "unknown keys are errors, not warnings");
  return [file, strict] {
    return check(*file, *strict ? config::Strictness::strict : config::Strictness::lenient);
  };
}

}  // namespace gvm::apps
