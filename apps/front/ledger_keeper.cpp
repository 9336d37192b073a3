// `genvm-modules ledger-keeper`: owns a SQLite ledger for the modules that run under a manager. The
// modules start it; it is not for people, so --help does not show it.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "apps/front/commands.h"
#include "apps/process.h"
#include "base/log.h"
#include "store/keeper/server.h"

namespace gvm::apps {
namespace {

struct Arguments {
  std::string folder;
  std::int64_t keep_calls_hours = 0;
  std::int64_t keep_records_hours = 0;
  bool proceed = false;
};

int run(const Arguments& arguments) {
  hide_from_core_dumps();
  store::keeper::KeeperOptions options;
  options.ledger.folder = arguments.folder;
  options.ledger.keep_calls = std::chrono::hours(arguments.keep_calls_hours);
  options.ledger.keep_records = std::chrono::hours(arguments.keep_records_hours);
  options.ledger.when_broken =
      arguments.proceed ? store::WhenBroken::proceed : store::WhenBroken::refuse;
  const auto logger = log::Logger::open({}, std::make_shared<const Redactor>());
  const int code = store::keeper::run_keeper(std::move(options), logger.child("ledger"));
#ifdef GVM_SANITIZED
  // The leak checker traces a process that ends, which the confinement that the keeper inherits
  // forbids: it would print an error of its own.
  std::_Exit(code);
#endif
  return code;
}

}  // namespace

Command add_ledger_keeper(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand("ledger-keeper", "own a ledger for modules under a manager");
  command->group("");
  command->add_option("--folder", arguments->folder)->required();
  command->add_option("--keep-calls-hours", arguments->keep_calls_hours)->required();
  command->add_option("--keep-records-hours", arguments->keep_records_hours)->required();
  command->add_flag("--proceed", arguments->proceed);
  return [arguments] { return run(*arguments); };
}

}  // namespace gvm::apps
