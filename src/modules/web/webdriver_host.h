#pragma once
// The server at `webdriver_host`: a W3C WebDriver (a driver, a standalone server, a grid), or
// GenLayer's rendering service, which answers `GET /render` with a page (config.md, "Web module").
// Nobody configures which: it is found out when the first page is wanted, and kept. Shared by all
// lanes.
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/error.h"
#include "base/log.h"
#include "browser/render.h"
#include "net/http_client.h"
#include "url/url.h"

namespace gvm::web {

namespace asio = boost::asio;

// Fatal: nothing of either kind answers at webdriver_host.
inline constexpr std::string_view kWebdriverUnavailable = "WEBDRIVER_UNAVAILABLE";

class WebdriverHost {
 public:
  enum class Kind { unknown, webdriver, rendering_service };

  // `url` as configured: without trailing '/'. `page_limit`: until a page has loaded, without its
  // waits.
  WebdriverHost(std::string url, std::chrono::milliseconds page_limit, log::Logger logger);

  // The same scheme, host and port: the operator's own, which his scripts may ask directly.
  bool is_at(const url::Url& url) const;
  Kind kind() const { return kind_.load(); }

  // Asks the server, once it is known no more. WEBDRIVER_UNAVAILABLE when it is neither.
  asio::awaitable<Result<Kind>> find_out(net::HttpClient& http, Deadline deadline);

  // Of a rendering service. The page's URL has been judged by the policy; what the page reaches is
  // for the service to decide. Errors: WEBPAGE_LOAD_FAILED (url, status, body, reason) and
  // TOO_LARGE, not fatal; WEBDRIVER_UNAVAILABLE.
  asio::awaitable<Result<browser::RenderResult>> render(net::HttpClient& http,
                                                        browser::RenderRequest request,
                                                        Deadline deadline) const;

 private:
  net::HttpRequest question(std::string target, std::chrono::milliseconds limit) const;
  Error unavailable(std::string detail) const;

  std::string url_;
  url::Url parsed_;
  std::chrono::milliseconds page_limit_;
  log::Logger logger_;
  std::atomic<Kind> kind_{Kind::unknown};
};

std::string_view kind_name(WebdriverHost::Kind kind);

}  // namespace gvm::web
