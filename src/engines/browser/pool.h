#pragma once
// Warm browser sessions for the whole process. The pool lives on one lane, its home, because a
// browser is shared by the sessions of all lanes and outlives them. Sessions lease from any lane.
// Lanes exchange posted messages only: a lease request, the grant, the release. The commands of a
// lease are sent directly from the lane that uses it, with that lane's HttpClient.
//
// With browsers of its own (PoolOptions::webdriver_host is empty) the pool keeps cells warm. Each
// cell has slots. A slot is a browser context whose traffic goes through its own slot of the egress
// proxy, with a WebDriver session attached; it is prepared in advance. A slot serves one lease and
// is then discarded. The default is one slot per browser: ChromeDriver attaches a new session to
// every page of its browser, so it waits while any of them hangs, and sessions see each other's
// windows. With an external driver, sessions are opened in advance and each is deleted after use.
//
// Every lease is released: ~Lease does it, also on another lane, and also when the coroutine that
// waits for the lease is cancelled.
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
  std::string webdriver_host = {};  // without trailing '/'; empty: browsers of our own
  // JSON; for our own browsers only the arguments are used.
  std::string session_create_request = {};

  CellOptions cell = {};                         // for each browser of our own; `slots` is below
  std::size_t max_browsers = 4;                  // of our own, at the same time
  std::size_t slots_per_browser = 1;             // sessions of one at the same time
  std::size_t max_sessions = 8;                  // at an external driver, at the same time
  std::size_t min_warm = 1;                      // sessions kept ready
  std::size_t max_waiting = 256;                 // leases waited for; further ones are refused
  std::size_t pages_per_browser = 200;           // then it is replaced
  std::chrono::milliseconds max_age{3'600'000};  // of a browser, and of a session kept ready
  // For a browser without a lease: above this size the browser is replaced. In use, CellLimits end
  // it.
  std::size_t idle_memory_bytes = 1 * kGiB;

  // For a browser, or for a session at an external driver.
  std::chrono::milliseconds start_timeout{30'000};
  // For a session in a browser of our own. While one of its pages hangs, ChromeDriver attaches no
  // further session to a browser; another browser then serves.
  std::chrono::milliseconds prepare_timeout{4'000};
  std::chrono::milliseconds queue_timeout{30'000};    // for a lease
  std::chrono::milliseconds discard_timeout{3'000};   // for each step of discarding a session
  std::chrono::milliseconds longest_backoff{10'000};  // between failing starts
  RenderLimits render = {};
};

// Counted since the start, or the present number; read from any thread.
struct PoolStats {
  std::size_t leases = 0;    // granted
  std::size_t leased = 0;    // now
  std::size_t waiting = 0;   // now
  std::size_t ready = 0;     // now
  std::size_t browsers = 0;  // now
  std::size_t pages = 0;     // rendered, failed ones too
  std::size_t failed_pages = 0;
  std::size_t crashes = 0;      // of browsers
  std::size_t retirements = 0;  // browsers replaced as planned
  std::size_t failed_starts = 0;
  std::size_t timeouts = 0;   // leases that were not granted in time
  double render_seconds = 0;  // of all pages together

  PoolStats& operator+=(const PoolStats& other);
};

class PoolCore;

// A session for its holder, on the lane on which it was leased.
class Lease {
 public:
  Lease() = default;  // without a session; only for assignment
  Lease(Lease&&) noexcept;
  Lease& operator=(Lease&&) noexcept;
  // Releases the session; everything it is loading is cut at once.
  ~Lease();

  const std::string& session_id() const { return info_.id; }
  DriverSession session() const { return DriverSession(*http_, info_); }
  // False after a page that hung, a crash, or a driver that disappeared: request another lease.
  bool usable() const { return fate_ == SessionFate::usable; }

  // One WebDriver command; `path` is relative to the session ("/url"). Every answer of the driver
  // is a success. Errors: those of HttpClient::send.
  asio::awaitable<Result<net::HttpResponse>> send(std::string method, std::string path,
                                                  std::string body, Deadline deadline);
  // Errors: those of browser::render.
  asio::awaitable<Result<RenderResult>> render(RenderRequest request, Deadline deadline);
  // What the page shows now, `scale` pixels for each of its own, as JPEG; of Chromium only. Errors:
  // BROWSER_COMMAND, DEADLINE_EXCEEDED, CANCELLED; after the last two the session is of no use.
  asio::awaitable<Result<std::string>> thumbnail(double scale, Deadline deadline);

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
  // policy, `proxy` that lane's proxy (null with webdriver_host). All must outlive the pool.
  Pool(asio::any_io_executor home, net::HttpClient& http, egress::Proxy* proxy, PoolOptions options,
       log::Logger log);
  // Kills what stop() has not ended. The home lane must have stopped running, unless this is called
  // on it.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // On the home lane: waits until a session can be had. Called at the start, where a driver that
  // does not respond ends the module: CREATING_SESSION, fatal, with a sentence that says what to
  // do.
  asio::awaitable<Result<void>> check(Deadline deadline);

  // On any lane; `http` is that lane's client. `policy` is what the pages may reach (not used with
  // webdriver_host).
  //   CREATING_SESSION   fatal: none within queue_timeout, too many requests wait, or the pool
  //   stops DEADLINE_EXCEEDED, CANCELLED   fatal
  asio::awaitable<Result<Lease>> lease(net::HttpClient& http,
                                       std::shared_ptr<const egress::SlotPolicy> policy,
                                       Deadline deadline);

  // On the home lane: refuses waiting requests and ends every session and browser. Leases end with
  // it.
  asio::awaitable<void> stop();
  // From another thread while the home lane runs: the same, waiting at most `patience`.
  void stop_and_wait(std::chrono::milliseconds patience);

  PoolStats stats() const;
  // On the home lane: the protection of the browsers of our own; empty before the first has
  // started.
  std::string protection() const;

 private:
  std::shared_ptr<PoolCore> core_;
};

}  // namespace gvm::browser
