// `genvm-modules ledger verify`: checks that the ledger is consistent.
#include <cstdio>
#include <memory>
#include <string>

#include "apps/front/commands.h"
#include "apps/front/ledger_tool.h"
#include "apps/front/terminal.h"

namespace gvm::apps {
namespace {

int verify(const std::string& config) {
  auto tool = LedgerTool::open("ledger verify", config);
  if (!tool) return kExitFailure;
  const auto findings = tool->reader().verify();
  if (!findings) return tool->failed(findings.error());
  for (const auto& finding : *findings) std::printf("%s\n", printable(finding.text).c_str());
  if (!findings->empty()) {
    std::printf("\nNOT WHOLE: %zu finding%s\n", findings->size(), findings->size() == 1 ? "" : "s");
    return kExitFailure;
  }
  const auto rows = tool->reader().usage({});
  if (!rows) return tool->failed(rows.error());
  const auto calls = rows->empty() ? 0 : rows->front().calls;
  std::printf("whole: the accounts are the sums of %lld call%s, and everything can be read\n",
              static_cast<long long>(calls), calls == 1 ? "" : "s");
  return kExitOk;
}

}  // namespace

Command add_ledger(CLI::App& app) {
  auto config = std::make_shared<std::string>();
  auto* command = app.add_subcommand("ledger", "look after the ledger");
  command->require_subcommand(1);
  auto* check = command->add_subcommand(
      "verify", "check that accounts are the sums of their calls and that everything can be read");
  add_config_option(*check, *config);
  check->footer("Exit code: 0 whole, 1 something is wrong, 64 wrong usage.");
  return [config] { return verify(*config); };
}

}  // namespace gvm::apps
