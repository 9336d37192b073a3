// `genvm-modules usage`: shows what was spent, and what is left of the budgets.
#include <CLI/App.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "apps/front/commands.h"
#include "apps/front/ledger_tool.h"
#include "apps/front/terminal.h"
#include "apps/front/usage_report.h"
#include "billing/spending.h"

namespace gvm::apps {
namespace {

struct Options {
  std::string config;
  std::vector<std::string> by;
  bool json = false;
};

int show(const Options& options) {
  auto tool = LedgerTool::open("usage", options.config);
  if (!tool) return kExitFailure;
  UsageReport report;
  report.by = options.by;
  report.knows_reserved = tool->is_postgres();
  store::UsageQuery query;
  for (const auto& name : options.by) query.by.push_back(*store::parse_by(name));
  auto rows = tool->reader().usage(query);
  if (!rows) return tool->failed(std::move(rows).error());
  report.rows = std::move(*rows);
  const auto budgets = billing::budgets_of(*tool->config());
  auto balances = tool->reader().balances(budgets);
  if (!balances) return tool->failed(std::move(balances).error());
  report.balances = std::move(*balances);
  const auto bars = writes_to_terminal() ? Bars::drawn : Bars::none;
  const auto text = options.json ? usage_json(report) : usage_text(report, bars);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return kExitOk;
}

std::string check_group(const std::string& name) {
  return store::parse_by(name) ? std::string()
                               : "\"" + name +
                                     "\" is no group: expected backend, model, key, node, "
                                     "contract or day";
}

}  // namespace

Command add_usage(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("usage", "say what was spent, and what the budgets leave");
  add_config_option(*command, options->config);
  command
      ->add_option("--by", options->by,
                   "backend, model, key, node, contract, day (UTC); several with commas; default "
                   "backend,model")
      ->delimiter(',')
      ->check(CLI::Validator(check_group, "GROUP"));
  command->add_flag("--json", options->json, "one line of JSON");
  command->footer(
      "USD are exact to 9 decimals. \"unknown cost\" counts calls that were charged at the most "
      "they can have cost.\nExit code: 0, 1 the ledger cannot be read, 64 wrong usage.");
  return [options] {
    if (options->by.empty()) options->by = {"backend", "model"};
    return show(*options);
  };
}

}  // namespace gvm::apps
