// `genvm-modules greybox preview --config F`: what the first prompts of a session would get. Sends
// nothing.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <memory>
#include <string>

#include "apps/front/commands.h"
#include "apps/front/greybox_report.h"
#include "apps/version.h"
#include "base/error_detail.h"
#include "base/json.h"
#include "config/load.h"
#include "llm/handler.h"
#include "llm/session_greybox.h"

namespace gvm::apps {
namespace {

struct Plan {
  std::string config;
  std::string kind;
  std::string seed;
  std::uint64_t draws = 10;
  bool json = false;
};

// --seed, else the configured one, else one for this preview.
PreviewSeed seed_of(const Plan& plan, const config::GreyboxConfig& greybox) {
  if (!plan.seed.empty()) return {*config::parse_greybox_seed(plan.seed), SeedSource::option};
  if (const auto fixed = greybox.fixed_seed()) return {*fixed, SeedSource::configuration};
  return {llm::random_greybox_seed(), SeedSource::drawn};
}

// The kinds that are shown: that of --kind, else all with something to draw.
std::vector<config::PromptKind> kinds_of(const Plan& plan, const config::GreyboxConfig& greybox) {
  if (!plan.kind.empty()) return {*config::prompt_kind_named(plan.kind)};
  std::vector<config::PromptKind> kinds;
  for (const auto kind : config::kPromptKinds)
    if (greybox.of(kind).draws_anything()) kinds.push_back(kind);
  return kinds;
}

int failed(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  return kExitFailure;
}

int preview(const Plan& plan) {
  const auto environment = config::Environment::of_process(kVersion);
  const auto loaded =
      config::load_llm(plan.config, environment,
                       {config::EmptyBackends::allow_missing_keys, config::Strictness::lenient});
  if (!loaded) return failed(config::to_string(loaded.error()));
  const auto& greybox = loaded->config.greybox;
  if (const auto images = llm::check_image_filters(greybox); !images)
    return failed(std::string(detail_of(images.error())));
  for (const auto& warning : loaded->warnings)
    std::fprintf(stderr, "warning: %s\n", warning.c_str());
  if (!greybox.enabled())
    return failed(plan.config +
                  ": nothing is drawn, as there is no kind of prompt under `greybox`");
  const Preview shown{greybox, seed_of(plan, greybox), kinds_of(plan, greybox), plan.draws};
  const auto text = plan.json ? json::write(preview_json(shown)) + "\n" : preview_text(shown);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return kExitOk;
}

std::string check_kind(const std::string& name) {
  if (config::prompt_kind_named(name)) return {};
  std::vector<std::string_view> names;
  for (const auto kind : config::kPromptKinds) names.push_back(config::name_of(kind));
  return fmt::format("\"{}\" is no kind of prompt: expected one of {}", name,
                     fmt::join(names, ", "));
}

std::string check_seed(const std::string& text) {
  if (config::parse_greybox_seed(text)) return {};
  return "\"" + text + "\" is no seed: expected a whole number of 64 bits, or 0x and hexadecimal";
}

}  // namespace

Command add_greybox(CLI::App& app) {
  auto plan = std::make_shared<Plan>();
  constexpr std::uint64_t kMostDraws = 10'000;
  auto* command = app.add_subcommand("greybox", "what is drawn for prompts");
  command->require_subcommand(1);
  auto* run = command->add_subcommand("preview", "show what the first prompts of a session get");
  run->add_option("--config", plan->config, "the LLM module's YAML file")->required();
  run->add_option("--kind", plan->kind,
                  "text, json, image, or the name of a prompt template; absent: all that draw")
      ->check(CLI::Validator(check_kind, "KIND"));
  run->add_option("--draws", plan->draws, "how many prompts; default 10")
      ->check(CLI::Range(std::uint64_t{1}, kMostDraws));
  run->add_option("--seed", plan->seed,
                  "the session's seed; absent: that of the configuration, else a random one")
      ->check(CLI::Validator(check_seed, "NUMBER"));
  run->add_flag("--json", plan->json, "one line of JSON");
  run->footer("Exit code: 0, 1 the configuration has errors or draws nothing, 64 wrong usage.");
  return [plan] { return preview(*plan); };
}

}  // namespace gvm::apps
