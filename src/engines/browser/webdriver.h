#pragma once
// A client of W3C WebDriver (https://www.w3.org/TR/webdriver2/) with ChromeDriver's additions, over
// net::HttpClient. Plain values and an HttpClient of the lane it is used on; copies are cheap.
//
// Every command has its own deadline. Errors: BROWSER_COMMAND with ctx.kind (webdriver_error.h),
// DEADLINE_EXCEEDED, CANCELLED, and SENDING_REQUEST or READING_BODY when the driver is not there;
// all fatal.
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "base/error.h"
#include "base/size.h"
#include "base/value.h"

namespace gvm::net {
class HttpClient;
struct HttpResponse;
}  // namespace gvm::net

namespace gvm::browser {

namespace asio = boost::asio;

struct Endpoint {
  std::string base_url;          // without a trailing '/'
  std::string unix_socket_path;  // dialled instead of the URL's host; empty: the host
};

// A session at some driver. Plain data: it may pass between lanes.
struct SessionInfo {
  Endpoint endpoint;
  std::string id;
  bool chromium = false;  // knows goog/cdp/execute
  std::string browser_version;
};

struct Rect {
  int width = 0;
  int height = 0;
};

struct SessionTimeouts {
  std::chrono::milliseconds page_load{30'000};
  std::chrono::milliseconds script{30'000};
};

enum class Capture { viewport, full_page };

class WebDriver {
 public:
  // Largest answer of a command: a screenshot of a long page, as base64.
  static constexpr std::size_t kMaxAnswerBytes = 64 * kMiB;
  // A driver that does not even take the connection.
  static constexpr std::chrono::milliseconds kConnectTimeout{5'000};

  // `http` is of the lane this is used on and outlives it.
  WebDriver(net::HttpClient& http, Endpoint endpoint) : http_(&http), at_(std::move(endpoint)) {}

  // GET /status: the driver is there and ready to make a session.
  asio::awaitable<Result<void>> status(Deadline deadline);
  // `request` is the JSON body. Of a session that nobody could be told of, nothing is left.
  asio::awaitable<Result<SessionInfo>> new_session(std::string request, Deadline deadline);

  // One command: `path` begins with '/'; an empty body is sent as {} where the method needs one.
  // The "value" of the answer.
  asio::awaitable<Result<Value>> command(std::string method, std::string path, std::string body,
                                         Deadline deadline);
  // The same with the answer as it came, whatever its status.
  asio::awaitable<Result<net::HttpResponse>> exchange(std::string method, std::string path,
                                                      std::string body, Deadline deadline);

  const Endpoint& endpoint() const { return at_; }

 private:
  net::HttpClient* http_;
  Endpoint at_;
};

class DriverSession {
 public:
  DriverSession(net::HttpClient& http, SessionInfo info)
      : driver_(http, info.endpoint), info_(std::move(info)) {}

  const SessionInfo& info() const { return info_; }

  // `path` is relative to the session: "/url".
  asio::awaitable<Result<Value>> command(std::string method, std::string path, Value body,
                                         Deadline deadline);
  asio::awaitable<Result<net::HttpResponse>> exchange(std::string method, std::string path,
                                                      std::string body, Deadline deadline);

  asio::awaitable<Result<void>> close(Deadline deadline);
  asio::awaitable<Result<void>> navigate(std::string url, Deadline deadline);
  asio::awaitable<Result<std::string>> url(Deadline deadline);
  asio::awaitable<Result<std::string>> title(Deadline deadline);
  asio::awaitable<Result<std::string>> source(Deadline deadline);
  // `script` is a function's body; `arguments` an array.
  asio::awaitable<Result<Value>> execute(std::string script, Value arguments, Deadline deadline);
  asio::awaitable<Result<Value>> execute_async(std::string script, Value arguments,
                                               Deadline deadline);
  // PNG bytes. A full page is at most kMaxPageHeight high; the rest is cut.
  asio::awaitable<Result<std::string>> screenshot(Capture capture, Deadline deadline);

  asio::awaitable<Result<std::string>> window(Deadline deadline);
  asio::awaitable<Result<std::vector<std::string>>> windows(Deadline deadline);
  asio::awaitable<Result<void>> switch_to(std::string window, Deadline deadline);
  asio::awaitable<Result<Rect>> window_rect(Deadline deadline);
  asio::awaitable<Result<void>> set_window_rect(Rect rect, Deadline deadline);
  asio::awaitable<Result<void>> set_timeouts(SessionTimeouts timeouts, Deadline deadline);

  asio::awaitable<Result<std::string>> alert_text(Deadline deadline);
  asio::awaitable<Result<void>> dismiss_alert(Deadline deadline);
  asio::awaitable<Result<void>> accept_alert(Deadline deadline);

  // A DevTools command at the page. BROWSER_COMMAND of kind "unknown" where the driver has none.
  asio::awaitable<Result<Value>> cdp(std::string method, Value params, Deadline deadline);

  // What Chromium can put into one picture.
  static constexpr int kMaxPageHeight = 16'384;

 private:
  asio::awaitable<Result<void>> act(std::string method, std::string path, Value body,
                                    Deadline deadline);
  asio::awaitable<Result<std::string>> ask(std::string path, Deadline deadline);
  asio::awaitable<Result<std::string>> viewport_png(Deadline deadline);
  asio::awaitable<Result<std::string>> page_png_by_cdp(Deadline deadline);
  asio::awaitable<Result<std::string>> page_png_by_resizing(Deadline deadline);

  WebDriver driver_;
  SessionInfo info_;
};

}  // namespace gvm::browser
