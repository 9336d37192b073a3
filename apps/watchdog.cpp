#include "apps/watchdog.h"

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace gvm::apps {
namespace {

Value number(std::int64_t n) {
  return Value::integer(n);
}

void report(const log::Logger& logger, const net::StuckLane& stuck) {
  Value::Array stack;
  for (const auto& frame : stuck.stack) stack.push_back(Value::string(frame));
  logger.error("a lane is stuck: its sessions wait",
               {{"lane", number(static_cast<std::int64_t>(stuck.lane))},
                {"since_ms", number(stuck.since.count())},
                {"stack", Value::array(std::move(stack))}});
}

[[noreturn]] void end_process(const log::Logger& logger) {
  logger.flush();  // two seconds at most
  constexpr std::string_view kLast = "a lane is stuck: watchdog.action is abort\n";
  (void)!::write(STDERR_FILENO, kLast.data(), kLast.size());
  std::abort();
}

}  // namespace

net::WatchdogActions watchdog_actions(const config::WatchdogConfig& config, log::Logger logger,
                                      std::shared_ptr<serve::StuckLanes> found) {
  const bool ends = config.action == "abort";
  return {.stuck =
              [logger, ends, found](const net::StuckLane& stuck) {
                found->times.fetch_add(1);
                found->now.fetch_add(1);
                report(logger, stuck);
                if (ends) end_process(logger);
              },
          .goes_on =
              [logger, found](std::size_t lane) {
                found->now.fetch_sub(1);
                logger.warn("a lane that was stuck goes on",
                            {{"lane", number(static_cast<std::int64_t>(lane))}});
              }};
}

}  // namespace gvm::apps
