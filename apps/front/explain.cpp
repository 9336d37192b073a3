// `genvm-modules explain` and `replay`: show from a decision record why a prompt went to its model.
#include <cstdio>
#include <memory>
#include <string>

#include "apps/front/commands.h"
#include "apps/front/ledger_tool.h"
#include "apps/front/terminal.h"
#include "dispatch/decision.h"
#include "dispatch/router.h"

namespace gvm::apps {
namespace {

struct Options {
  std::string id;
  std::string config;
  bool json = false;
};

void say(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int explain(const Options& options) {
  auto tool = LedgerTool::open("explain", options.config);
  if (!tool) return kExitFailure;
  const auto record = tool->record(options.id);
  if (!record) return kExitFailure;
  const auto text = dispatch::explain(record->text);
  if (!text) return tool->failed(text.error());
  say(options.json ? record->text + "\n" : printable(*text, Lines::keep));
  return kExitOk;
}

int replay(const Options& options) {
  auto tool = LedgerTool::open("replay", options.config);
  if (!tool) return kExitFailure;
  const auto record = tool->record(options.id);
  if (!record) return kExitFailure;
  provider::Counters counters;
  const provider::Catalog catalog(tool->config(), tool->redactor(), counters);
  const auto router = dispatch::Router::make(catalog);
  if (!router) return tool->failed(router.error());
  const dispatch::ReplayPolicy policy{
      .rank = (*router)->rank_policy(),
      .cost_limit = (*router)->failover_policy(Deadline::never()).limits.cost,
      .hash = (*router)->policy_hash()};
  const auto differs = dispatch::replay(record->text, (*router)->set(), policy);
  if (!differs) {
    for (const auto& warning : tool->warnings()) tool->failed("note: " + warning);
    return tool->failed(differs.error());
  }
  if (!differs->empty()) {
    say("another choice: " + printable(*differs) + "\n");
    return kExitFailure;
  }
  say("the same choice comes out\n");
  return kExitOk;
}

CLI::App* add(CLI::App& app, const char* name, const char* what, Options& options) {
  auto* command = app.add_subcommand(name, what);
  command->add_option("id", options.id, "the record: `record` of an answer, an error or a log line")
      ->required();
  add_config_option(*command, options.config);
  return command;
}

}  // namespace

Command add_explain(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* command = add(app, "explain", "say why a prompt got the model it got", *options);
  command->add_flag("--json", options->json, "the record as it is kept");
  command->footer("Exit code: 0, 1 there is no such record, 64 wrong usage.");
  return [options] { return explain(*options); };
}

Command add_replay(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* command = add(app, "replay", "make a recorded choice again", *options);
  command->footer(
      "Needs the configuration and the environment of the module that made the choice: its models, "
      "keys and routing.\nExit code: 0 the same choice, 1 another one or no such record, 64 wrong "
      "usage.");
  return [options] { return replay(*options); };
}

}  // namespace gvm::apps
