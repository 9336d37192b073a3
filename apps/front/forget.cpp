// `genvm-modules forget`: removes what the modules keep of a transaction's texts.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "apps/front/audit.h"
#include "apps/front/audit_place.h"
#include "apps/front/ledger_tool.h"
#include "apps/front/terminal.h"
#include "audit/read.h"
#include "billing/spending.h"
#include "dispatch/decision.h"
#include "ledger/open_ledger.h"

namespace gvm::apps {
namespace {

struct Options {
  std::string tx;
  AuditPlace place;
};

int failed(const Redactor& redactor, const std::string& why) {
  std::fprintf(stderr, "genvm-modules forget: %s\n",
               printable(redactor.redact(why), Lines::keep).c_str());
  return kExitFailure;
}

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// Of the decision records; without a ledger there are none.
bool has_ledger(const config::LlmConfig& config) {
  return !config.ledger.url.empty() ||
         is_there(std::filesystem::path(config.common.data_dir) / "ledger.db");
}

int run(Options& options) {
  if (auto found = options.place.resolve(); !found)
    return failed(*options.place.redactor, found.error());
  const auto& redactor = *options.place.redactor;
  audit::Forgotten forgotten;
  if (is_there(options.place.folder)) {
    auto done = audit::forget(options.place.folder, options.tx);
    if (!done) return failed(redactor, done.error().to_string());
    forgotten = std::move(*done);
    std::printf("audit: the texts and salts of %llu answer%s were overwritten (%llu bytes)\n",
                static_cast<unsigned long long>(forgotten.answers),
                forgotten.answers == 1 ? "" : "s",
                static_cast<unsigned long long>(forgotten.bytes));
  } else {
    std::printf("audit: there is none at %s\n", printable(options.place.folder).c_str());
  }
  if (options.place.llm == nullptr) {
    std::printf("decision records: the web module has none\n");
    return kExitOk;
  }
  const auto& config = *options.place.llm;
  if (!has_ledger(config)) {
    std::printf("decision records: there is no ledger\n");
    return kExitOk;
  }
  const auto rewritten = ledger::rewrite_records(billing::ledger_options(config),
                                                 {.tx = options.tx,
                                                  .ids = std::move(forgotten.decisions),
                                                  .rewrite = dispatch::without_words});
  if (!rewritten) return failed(redactor, rewritten.error().to_string());
  std::printf("decision records: the words of providers were removed from %llu\n",
              static_cast<unsigned long long>(*rewritten));
  if (*rewritten > 0 && !config.ledger.url.empty())
    std::printf("their old versions are in the database's files until VACUUM FULL gvm_records\n");
  return kExitOk;
}

}  // namespace

Command add_forget(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("forget", "remove what is kept of the texts of a transaction");
  command->add_option("--tx", options->tx, "the transaction, as host_data.tx_id had it")
      ->required();
  add_config_option(*command, options->place.config_file);
  command->footer(
      "Records stay, so `audit verify` finds the chains whole. The module may be running.\nExit "
      "code: 0 done, also when nothing was there; 1 it could not be done; 64 wrong usage.");
  return [options] {
    if (options->tx.empty()) {
      std::fprintf(stderr, "genvm-modules forget: --tx is empty\n");
      return static_cast<int>(kExitUsage);
    }
    return run(*options);
  };
}

}  // namespace gvm::apps
