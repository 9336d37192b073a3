#include "web/browsers.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <iterator>

namespace gvm::web {

namespace asio = boost::asio;

Result<void> Browsers::check(Deadline deadline) {
  auto checking = asio::co_spawn(home_.executor(), pool_.check(deadline), asio::use_future);
  return checking.get();
}

void Browsers::write_to(std::string& out) const {
  const auto stats = pool_.stats();
  const auto add = [&](std::string_view name, std::string_view type, std::string_view help,
                       auto value) {
    fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help,
                   type, value);
  };
  add("genvm_web_browsers", "gauge", "Browsers that run.", stats.browsers);
  add("genvm_web_browser_sessions_ready", "gauge", "Prepared and not yet leased.", stats.ready);
  add("genvm_web_browser_sessions_leased", "gauge", "In use.", stats.leased);
  add("genvm_web_browser_leases_waiting", "gauge", "Waiting for a session.", stats.waiting);
  add("genvm_web_browser_leases_total", "counter", "Sessions granted.", stats.leases);
  add("genvm_web_browser_lease_timeouts_total", "counter", "Waited for in vain.", stats.timeouts);
  add("genvm_web_browser_pages_total", "counter", "Pages rendered, failed ones too.", stats.pages);
  add("genvm_web_browser_pages_failed_total", "counter", "Pages that failed.", stats.failed_pages);
  add("genvm_web_browser_crashes_total", "counter", "Browsers that crashed.", stats.crashes);
  add("genvm_web_browser_retirements_total", "counter", "Browsers replaced in good order.",
      stats.retirements);
  add("genvm_web_browser_failed_starts_total", "counter", "Starts that failed.",
      stats.failed_starts);
  add("genvm_web_browser_render_seconds_total", "counter", "Time spent on pages.",
      stats.render_seconds);
}

}  // namespace gvm::web
