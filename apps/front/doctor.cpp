// `genvm-modules doctor`: what is wrong with this machine and its configuration, and how to mend
// it.
#include "apps/front/doctor.h"

#include <cstdio>
#include <filesystem>
#include <memory>

#include "apps/front/commands.h"
#include "apps/front/input.h"
#include "apps/process.h"
#include "apps/version.h"
#include "config/prices_load.h"

namespace gvm::apps {
namespace {

namespace fs = std::filesystem;

// One configuration and what it names.
class Examination {
 public:
  Examination(Findings& findings, const MachineQuestions& questions)
      : findings_(findings),
        offline_(questions.offline),
        environment_(config::Environment::of_process(kVersion)) {}

  void file(const std::string& path) {
    const auto kind = config::detect_kind(path);
    if (!kind) return fault(kind.error());
    *kind == config::ModuleKind::web ? web(path) : llm(path);
  }

  std::string folder_of_configuration() const { return environment_.exe_dir + "/../config"; }

 private:
  void fault(const config::Diagnostic& fault) {
    findings_.error("configuration", fault.to_string(),
                    "change the file at that place; docs/configuration.md says what is expected");
  }

  template <class Loaded>
  bool loads(const Loaded& loaded, const std::string& path) {
    if (!loaded) {
      for (const auto& each : loaded.error()) fault(each);
      return false;
    }
    for (const auto& each : loaded->warnings)
      findings_.warning("configuration", each, "nothing breaks; see docs/configuration.md");
    findings_.ok("configuration", path + " is valid");
    return true;
  }

  void must_be_readable(const std::string& key, const std::string& path) {
    if (path.empty()) return;
    if (const auto text = read_file(path); !text)
      findings_.error(key, text.error(), "name a file that this user can read");
  }

  void common(const config::CommonConfig& config) {
    must_be_readable("lua_script_path", config.lua_script_path);
    must_be_readable("http.ca_file", config.http.ca_file);
    for (const auto& key : config.signing.keys) must_be_readable("signing.keys", key.key_file);
    look_at_folder(findings_, "data_dir", config.data_dir);
  }

  void llm(const std::string& path) {
    const auto loaded =
        config::load_llm(path, environment_, {config::EmptyBackends::allow_missing_keys});
    if (!loads(loaded, path)) return;
    const auto& config = loaded->config;
    common(config.common);
    if (config.backends.empty())
      findings_.error("keys", "no backend is left with this environment",
                      "set the variables that the warnings name, for the service too");
    for (const auto& backend : config.backends)
      if (!backend.key.empty()) findings_.ok("keys", "backend " + backend.name + " has one");
    if (!config.pricing.file.empty()) {
      if (const auto prices = config::load_prices(config.pricing.file, environment_); !prices)
        for (const auto& each : prices.error()) fault(each);
    }
    if (!offline_) look_at_hosts(findings_, config);
  }

  void web(const std::string& path) {
    const auto loaded = config::load_web(path, environment_);
    if (!loads(loaded, path)) return;
    const auto& config = loaded->config;
    common(config.common);
    const auto& of_service = config.render_service.webdriver_host;
    if (config.has_own_browsers()) look_at_browser(findings_, config);
    if (config.browser.engine == "http")
      findings_.ok("browser", "none is needed: browser.engine is http");
    else if (!config.sessions_have_own_browsers() && !offline_)
      look_at_driver(findings_, config.webdriver_host);
    if (!of_service.empty() && !offline_) look_at_driver(findings_, of_service);
  }

  Findings& findings_;
  bool offline_;
  config::Environment environment_;
};

}  // namespace

int examine_machine(const MachineQuestions& questions) {
  Findings findings;
  look_at_limits(findings);
  Examination examination(findings, questions);
  auto files = questions.configs;
  if (files.empty()) {
    for (const char* name : {"/genvm-module-llm.yaml", "/genvm-module-web.yaml"})
      files.push_back(examination.folder_of_configuration() + name);
  }
  for (const auto& path : files) examination.file(path);
  std::fputs((questions.json ? findings.to_json() : findings.to_text()).c_str(), stdout);
  return findings.errors() == 0 ? kExitOk : kExitFailure;
}

Command add_doctor(CLI::App& app) {
  auto root = std::make_shared<std::string>();
  auto questions = std::make_shared<MachineQuestions>();
  auto* command = app.add_subcommand(
      "doctor", "say what is wrong with this machine and its configuration, and how to mend it");
  auto* installation = command->add_option(
      "--genvm-root", *root,
      "instead: what these modules would change in the installation of GenVM below this folder");
  command
      ->add_option("--config", questions->configs,
                   "a file of either module; may be repeated. Default: both files beside bin")
      ->excludes(installation);
  command->add_flag("--offline", questions->offline, "do not ask the hosts of the configuration")
      ->excludes(installation);
  command->add_flag("--json", questions->json, "print JSON")->excludes(installation);
  command->footer(
      "Exit code: 0 the modules would work here, 1 something is wrong, 64 wrong usage.");
  return [root, questions] {
    hide_from_core_dumps();
    return root->empty() ? examine_machine(*questions) : examine_installation(*root);
  };
}

}  // namespace gvm::apps
