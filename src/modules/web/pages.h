#pragma once
// Pages for one session: through a browser, which is leased for the first page and released when no
// page was asked for during a while, or without a browser. One per session, on its lane.
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "browser/pool.h"
#include "browser/render.h"
#include "web/second_fetch.h"
#include "web/sender.h"
#include "web/thumbnails.h"
#include "web/webdriver_host.h"

namespace gvm::web {

enum class PageEngine {
  automatic,  // a browser when there is one, else `http`
  browser,
  http,  // static pages only: the HTML as the server sends it, no JavaScript, no pictures
};
std::optional<PageEngine> find_page_engine(std::string_view name);  // "auto", "browser", "http"

// What sessions of all lanes share; immutable but for the pool.
struct PageSettings {
  PageEngine engine = PageEngine::automatic;
  browser::Pool* browsers = nullptr;              // null: none can be had
  std::shared_ptr<WebdriverHost> webdriver_host;  // null: browsers of our own
  std::shared_ptr<const egress::SlotPolicy> reach;
  std::chrono::milliseconds longest_wait{60'000};  // after a page has loaded; longer ones are cut
  std::chrono::milliseconds longest_load{30'000};  // of a page that a script drives itself
  std::chrono::milliseconds kept_idle{2'000};      // a lease between two pages
  std::size_t max_bytes = 16 * kMiB;               // of a text, HTML or picture
  std::size_t inline_bytes = 128 * kKiB;   // longer pages without a browser are parsed off the lane
  browser::RenderRequest preset = {};      // what a request that does not say otherwise waits for
  std::shared_ptr<Thumbnails> thumbnails;  // null: none are taken
  double thumbnail_scale = 1;
  std::string driver_url;  // what scripts put before /session/ID; no trailing '/'
};

struct PageRequest {
  browser::RenderRequest what;
  std::optional<PageEngine> engine;  // in place of the configured one
};

class Pages {
 public:
  // All outlive it.
  Pages(const PageSettings& settings, LaneNetwork& lane, host::Sender& sender,
        asio::thread_pool& workers, asio::any_io_executor executor);

  const browser::RenderRequest& preset() const { return settings_.preset; }

  // Of text and JSON the browser shows the source, which is the answer. What else is no HTML (XML,
  // a download) is fetched again, with the browser's cookies and name, and read as the engine
  // `http` reads it. Errors: those of browser::render and of Pool::lease; of `http` those of the
  // sender, WEBPAGE_LOAD_FAILED with status and body, and MISSING_CAPABILITY for a screenshot.
  asio::awaitable<Result<browser::RenderResult>> render(PageRequest request, Deadline deadline);

  // The WebDriver session of this session, for scripts that drive it themselves; kept until the
  // session ends. CREATING_SESSION, fatal.
  asio::awaitable<Result<std::string>> driver_session(Deadline deadline);
  // The path behind the leased session's own URL ("/url" of DRIVER/session/ID/url); empty for every
  // other URL.
  std::optional<std::string> driver_path(const url::Url& url) const;
  asio::awaitable<Result<net::HttpResponse>> drive(std::string method, std::string path,
                                                   std::string body, Deadline deadline);

 private:
  asio::awaitable<Result<void>> ensure_lease(Deadline deadline);
  asio::awaitable<Result<browser::RenderResult>> render_in_browser(browser::RenderRequest request,
                                                                   Deadline deadline);
  asio::awaitable<Result<browser::RenderResult>> render_over_http(browser::RenderRequest request,
                                                                  Visitor visitor,
                                                                  Deadline deadline);
  // `visitor` is told when what was found must be fetched again.
  asio::awaitable<Result<browser::RenderResult>> render_in_lease(browser::RenderRequest request,
                                                                 Visitor& visitor,
                                                                 Deadline deadline);
  asio::awaitable<Result<void>> wait_for_load(Deadline deadline);
  // Whether pages are rendered by a service at webdriver_host.
  asio::awaitable<Result<bool>> is_by_service(Deadline deadline);
  asio::awaitable<void> take_thumbnail(std::string url, Deadline deadline);
  void release_when_idle();
  void drop_lease();

  const PageSettings& settings_;
  LaneNetwork& lane_;
  host::Sender& sender_;
  asio::thread_pool& workers_;
  std::optional<browser::Lease> lease_;
  std::optional<Thumbnails::Place> place_;  // of the lease
  bool driven_ = false;                     // by the script itself: its session must stay
  asio::steady_timer idle_;
  // Changes with every use: a timer that has fired already must not take a lease that is in use
  // again, nor outlive this.
  std::shared_ptr<std::uint64_t> use_ = std::make_shared<std::uint64_t>(0);
};

}  // namespace gvm::web
