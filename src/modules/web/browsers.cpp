#include "web/browsers.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

namespace gvm::web {

namespace asio = boost::asio;

Result<void> Browsers::check(Deadline deadline) {
  auto checking = asio::co_spawn(home_.executor(), pool_.check(deadline), asio::use_future);
  return checking.get();
}

void write_browsers(metrics::Exposition& out, const browser::PoolStats& stats) {
  using metrics::Type;
  const auto add = [&](std::string_view name, Type type, std::string_view help, auto value) {
    out.family(name, type, help).sample(value);
  };
  add("genvm_web_browsers", Type::gauge, "Browsers that run.", stats.browsers);
  add("genvm_web_browser_sessions_ready", Type::gauge, "Prepared and not yet leased.", stats.ready);
  add("genvm_web_browser_sessions_leased", Type::gauge, "In use.", stats.leased);
  add("genvm_web_browser_leases_waiting", Type::gauge, "Waiting for a session.", stats.waiting);
  add("genvm_web_browser_leases_total", Type::counter, "Sessions granted.", stats.leases);
  add("genvm_web_browser_lease_timeouts_total", Type::counter, "Waited for in vain.",
      stats.timeouts);
  add("genvm_web_browser_pages_total", Type::counter, "Pages rendered, failed ones too.",
      stats.pages);
  add("genvm_web_browser_pages_failed_total", Type::counter, "Pages that failed.",
      stats.failed_pages);
  add("genvm_web_browser_crashes_total", Type::counter, "Browsers that crashed.", stats.crashes);
  add("genvm_web_browser_retirements_total", Type::counter, "Browsers replaced in good order.",
      stats.retirements);
  add("genvm_web_browser_failed_starts_total", Type::counter, "Starts that failed.",
      stats.failed_starts);
  add("genvm_web_browser_render_seconds_total", Type::counter, "Time spent on pages.",
      stats.render_seconds);
}

}  // namespace gvm::web
