#include "apps/sandbox.h"

#include "apps/sandbox_rules.h"
#include "launch/starter.h"

namespace gvm::apps {
namespace {

#ifdef GVM_SANITIZED
constexpr bool kLeakChecker = true;
#else
constexpr bool kLeakChecker = false;
#endif

void add_key(std::vector<std::string_view>& texts, const Secret& key) {
  if (!key.empty()) texts.push_back(key.reveal());
}

void add_keys(std::vector<std::string_view>& texts, const config::CommonConfig& config) {
  for (const auto& key : config.signing.keys) add_key(texts, key.key);
}

void add_keys(std::vector<std::string_view>& texts, const config::LlmConfig& config) {
  add_keys(texts, config.common);
  for (const auto& backend : config.backends) {
    add_key(texts, backend.key);
    for (const auto& key : backend.keys) add_key(texts, key);
    for (const auto& header : backend.headers) add_key(texts, header.value);
  }
  add_key(texts, config.ledger.url);
}

void add_keys(std::vector<std::string_view>& texts, const config::WebConfig& config) {
  add_keys(texts, config.common);
  for (const auto& proxy : config.proxies) {
    add_key(texts, proxy.username);
    add_key(texts, proxy.password);
  }
}

template <class Config>
confine::Plan plan_of(const Config& config, const SandboxSettings& settings) {
  confine::Plan plan;
  const auto& sandbox = config.operation.sandbox;
  const auto word = settings.word.empty() ? std::string_view(sandbox.mode) : settings.word;
  plan.mode = confine::parse_mode(word).value_or(confine::Mode::best_effort);
  plan.calls.leak_checker = kLeakChecker;
  plan.calls.signals_to_others = settings.browsers;
  plan.landlock.keep_signals = settings.browsers || kLeakChecker;
  add_common_paths(plan.landlock, config.common, sandbox, settings.exe_dir);
  add_paths(plan.landlock, config);
  set_ports(plan, config);
  add_keys(plan.secrets, config);
  if (settings.keys != nullptr)
    for (const auto& key : *settings.keys) add_key(plan.secrets, key);
  return plan;
}

Result<confine::Report> enter(const confine::Plan& plan, const SandboxSettings& settings) {
  if (plan.mode != confine::Mode::off && !settings.programs.empty()) {
    const auto process =
        settings.browsers ? confine::Process::browser_starter : confine::Process::starter;
    auto begun = launch::begin_starter(settings.programs, [process, mode = plan.mode] {
      // What fails here fails in the module as well, whose report says so.
      (void)confine::confine_starter(mode, process);
    });
    if (!begun) return fail(std::move(begun).error());
  }
  return confine::confine_self(plan);
}

}  // namespace

void add_sandbox_argument(CLI::App& command, std::string& word) {
  command
      .add_option("--sandbox", word,
                  "strict, best-effort or off: how the process confines itself; default: "
                  "`sandbox` of the configuration")
      ->check(CLI::IsMember({"strict", "best-effort", "off"}));
}

Result<confine::Report> enter_sandbox(const config::LlmConfig& config,
                                      const SandboxSettings& settings) {
  return enter(plan_of(config, settings), settings);
}

Result<confine::Report> enter_sandbox(const config::WebConfig& config,
                                      const SandboxSettings& settings) {
  return enter(plan_of(config, settings), settings);
}

}  // namespace gvm::apps
