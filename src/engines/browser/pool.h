#pragma once
// Warm browser sessions for the whole process. The pool lives on one lane, its home, because a
// browser is shared by the sessions of all lanes and outlives them; sessions lease from any lane.
// What crosses lanes is a posted message: a lease request, its grant, a release. The commands of a
// lease go straight from the lane it is used on, with that lane's HttpClient.
//
// With browsers of its own (PoolOptions::webdriver_host empty) the pool keeps cells warm. Each has
// slots: a browser context of its own behind the slot's own entrance of the egress proxy, with a
// WebDriver session attached to it, prepared before it is asked for. A slot serves one lease and is
// thrown away. One slot a browser is the default: ChromeDriver attaches a new session to every page
// of its browser, so it waits while any of them hangs, and sessions see each other's windows.
// With a driver elsewhere, sessions are opened ahead and each is deleted after use.
//
// A lease that is not released cannot be: every path releases it, also from another lane, also when
// the coroutine that waits for it is cancelled.
#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/error.h"
#include "base/log.h"
#include "browser/cell.h"
#include "browser/render.h"
#include "browser/webdriver.h"

namespace gvm::egress {
class Proxy;
struct SlotPolicy;
}  // namespace gvm::egress

namespace gvm::browser {

struct PoolOptions {
  std::string webdriver_host = {};          // without trailing '/'; empty: browsers of our own
  std::string session_create_request = {};  // JSON; of our own browsers only the arguments count

  CellOptions cell = {};                         // of each browser of our own; `slots` is below
  std::size_t max_browsers = 4;                  // of our own, at the same time
  std::size_t slots_per_browser = 1;             // sessions of one at the same time
  std::size_t max_sessions = 8;                  // at a driver elsewhere, at the same time
  std::size_t min_warm = 1;                      // sessions kept ready
  std::size_t max_waiting = 256;                 // leases waited for; further ones are refused
  std::size_t pages_per_browser = 200;           // then it is replaced
  std::chrono::milliseconds max_age{3'600'000};  // of a browser, and of a session kept ready
  // Of a browser without a lease: above it the browser is replaced; CellLimits end it in use.
  std::size_t idle_memory_bytes = 1 * kGiB;

  std::chrono::milliseconds start_timeout{30'000};  // of a browser, or of a session elsewhere
  // Of a session in a browser of our own. While one of its pages hangs, ChromeDriver attaches no
  // further session to a browser: then another browser serves.
  std::chrono::milliseconds prepare_timeout{4'000};
  std::chrono::milliseconds queue_timeout{30'000};    // for a lease
  std::chrono::milliseconds discard_timeout{3'000};   // of each step of throwing a session away
  std::chrono::milliseconds longest_backoff{10'000};  // between failing starts
  RenderLimits render = {};
};

// Since the start, and as of now; read from any thread.
struct PoolStats {
  std::size_t leases = 0;    // granted
  std::size_t leased = 0;    // now
  std::size_t waiting = 0;   // now
  std::size_t ready = 0;     // now
  std::size_t browsers = 0;  // now
  std::size_t pages = 0;     // rendered, failed ones too
  std::size_t failed_pages = 0;
  std::size_t crashes = 0;      // of browsers
  std::size_t retirements = 0;  // of browsers, in good order
  std::size_t failed_starts = 0;
  std::size_t timeouts = 0;   // leases that were waited for in vain
  double render_seconds = 0;  // of all pages together
};

class PoolCore;

// A session for the one who holds it, on the lane it was leased on.
class Lease {
 public:
  Lease() = default;  // of nothing; only to be assigned to
  Lease(Lease&&) noexcept;
  Lease& operator=(Lease&&) noexcept;
  // Releases; what the session still loads is cut at once.
  ~Lease();

  const std::string& session_id() const { return info_.id; }
  DriverSession session() const { return DriverSession(*http_, info_); }
  // False after a page that hung, a crash, or a driver that went: lease anew.
  bool usable() const { return fate_ == SessionFate::usable; }

  // One WebDriver command as it is; `path` is relative to the session ("/url"). Whatever the driver
  // answers is a success. Errors: those of HttpClient::send.
  asio::awaitable<Result<net::HttpResponse>> send(std::string method, std::string path,
                                                  std::string body, Deadline deadline);
  // Errors: those of browser::render.
  asio::awaitable<Result<RenderResult>> render(RenderRequest request, Deadline deadline);

 private:
  friend class PoolCore;
  Lease(std::shared_ptr<PoolCore> core, net::HttpClient& http, std::uint64_t id, SessionInfo info);

  std::shared_ptr<PoolCore> core_;  // null: moved from
  net::HttpClient* http_ = nullptr;
  std::uint64_t id_ = 0;
  SessionInfo info_;
  SessionFate fate_ = SessionFate::usable;
  PageBefore before_ = PageBefore::none;
  std::size_t pages_ = 0;
};

class Pool {
 public:
  // `home` is the executor of the lane it lives on, `http` that lane's client without an address
  // policy, `proxy` of that lane too; null with webdriver_host. All outlive the pool.
  Pool(asio::any_io_executor home, net::HttpClient& http, egress::Proxy* proxy, PoolOptions options,
       log::Logger log);
  // Kills what stop() has not ended. The home lane must not run any more, or this is on it.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // On the home lane: a session can be had. To be called at the start, where a driver that is not
  // there ends the module: CREATING_SESSION, fatal, with a sentence that says what to do.
  asio::awaitable<Result<void>> check(Deadline deadline);

  // On any lane, whose own client `http` is. `policy` is what the pages may reach (not used with
  // webdriver_host).
  //   CREATING_SESSION   fatal: none within queue_timeout, too many wait, or the pool stops
  //   DEADLINE_EXCEEDED, CANCELLED   fatal
  asio::awaitable<Result<Lease>> lease(net::HttpClient& http,
                                       std::shared_ptr<const egress::SlotPolicy> policy,
                                       Deadline deadline);

  // On the home lane: refuses what waits and ends every session and browser; leases end with it.
  asio::awaitable<void> stop();
  // From another thread while the home lane runs: the same, waited for at most `patience`.
  void stop_and_wait(std::chrono::milliseconds patience);

  PoolStats stats() const;
  // On the home lane: which protection the browsers of our own have; empty before the first has
  // started.
  std::string protection() const;

 private:
  std::shared_ptr<PoolCore> core_;
};

}  // namespace gvm::browser
