// `genvm-modules guard test FILE --config F`: shows which rule fires where in a text, and what
// becomes of it. Sends nothing.
#include <cstdio>
#include <memory>
#include <string>

#include "apps/front/commands.h"
#include "apps/front/input.h"
#include "apps/version.h"
#include "config/guards_load.h"
#include "guard/guard_set.h"

namespace gvm::apps {
namespace {

struct Plan {
  std::string file;
  std::string config;
  std::string stage = "input";
  std::string system;  // a file
};

std::size_t line_of(std::string_view text, std::size_t at) {
  std::size_t line = 1;
  for (const char c : text.substr(0, at)) line += c == '\n' ? 1 : 0;
  return line;
}

// What was found itself may be a secret: its place and its size say enough.
void show(const guard::Finding& finding, std::string_view text) {
  const auto& rule = *finding.rule;
  const auto place = finding.round == 0
                         ? "line " + std::to_string(line_of(text, finding.span.begin)) +
                               ", bytes " + std::to_string(finding.span.begin) + " to " +
                               std::to_string(finding.span.end)
                         : "after masking, round " + std::to_string(finding.round);
  std::printf("%-20s %-8s %-20s %s%s\n", rule.name.c_str(),
              std::string(name_of(rule.action)).c_str(), std::string(finding.label).c_str(),
              place.c_str(), rule.dry_run ? " (dry run)" : "");
}

int conclude(const guard::Verdict& verdict, guard::Stage stage, std::string_view text) {
  for (const auto& finding : verdict.findings) show(finding, text);
  if (verdict.findings.empty()) std::printf("no rule fires\n");
  if (verdict.action == guard::Action::block) {
    std::printf("\nblocked: %s\n", verdict.error(stage).to_string().c_str());
    return kExitFailure;
  }
  if (verdict.action == guard::Action::mask)
    std::printf("\nmasked:\n%s\n", verdict.text.c_str());
  else
    std::printf("\npasses\n");
  return kExitOk;
}

int test(const Plan& plan) {
  const auto stage = guard::stage_named(plan.stage);
  auto loaded = config::load_guards(plan.config, config::Environment::of_process(kVersion));
  if (!loaded) {
    for (const auto& diagnostic : loaded.error())
      std::fprintf(stderr, "%s\n", diagnostic.to_string().c_str());
    return kExitUsage;
  }
  const auto text = plan.file == "-" ? text_or_file("-") : read_file(plan.file);
  if (!text || !stage) {
    std::fprintf(stderr, "%s\n", text ? "no such stage" : text.error().c_str());
    return kExitUsage;
  }
  const auto& guards = loaded->config;
  if (!guards.compiled) {
    std::fprintf(stderr, "%s has no rules below guards.rules\n", plan.config.c_str());
    return kExitUsage;
  }
  std::vector<std::string> system_texts;
  if (!plan.system.empty()) {
    auto system = read_file(plan.system);
    if (!system) {
      std::fprintf(stderr, "%s\n", system.error().c_str());
      return kExitUsage;
    }
    system_texts.push_back(std::move(*system));
  }
  const guard::SystemTexts known(system_texts, guards.canaries);
  guard::Placeholders placeholders("");
  const auto verdict = guards.compiled->inspect(
      {.stage = *stage, .text = *text, .placeholders = &placeholders, .system_texts = &known});
  if (verdict) return conclude(*verdict, *stage, *text);
  std::printf("refused: %s\n", verdict.error().to_string().c_str());
  return kExitFailure;
}

}  // namespace

Command add_guard(CLI::App& app) {
  auto plan = std::make_shared<Plan>();
  auto* command = app.add_subcommand("guard", "what guards do with a text");
  command->require_subcommand(1);
  auto* run = command->add_subcommand("test", "show which rule fires where");
  run->add_option("file", plan->file, "the text; - is standard input")->required();
  run->add_option("--config", plan->config, "a YAML file with the key guards")->required();
  run->add_option("--stage", plan->stage, "input, output or page")
      ->check(CLI::IsMember({"input", "output", "page"}));
  run->add_option("--system", plan->system, "a file with the system text, for canary rules");
  return [plan] { return test(*plan); };
}

}  // namespace gvm::apps
