#pragma once
// A client of W3C WebDriver (https://www.w3.org/TR/webdriver2/) with ChromeDriver's additions, over
// net::HttpClient. It consists of plain values and a pointer to the HttpClient of its lane; copies
// are cheap.
//
// Every command has its own deadline. Errors, all fatal: BROWSER_COMMAND with ctx.kind
// (webdriver_error.h; "transport" when the driver is gone), DEADLINE_EXCEEDED, CANCELLED.
// exchange() gives the HTTP client's own errors.
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
  bool chromium = false;  // supports goog/cdp/execute
  std::string browser_version;
  bool logs_network = false;  // performance_log() has the events of the domain Network
  std::string frame;          // the id of the page's main frame in DevTools; empty: not known
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
enum class PictureFormat { png, jpeg };

struct PictureRequest {
  Capture capture = Capture::viewport;
  PictureFormat format = PictureFormat::png;
  double scale = 1;  // pixels of the picture for each CSS pixel; 0 < scale <= 1
};

class WebDriver {
 public:
  // Largest answer of a command: a screenshot of a long page in base64 fits.
  static constexpr std::size_t kMaxAnswerBytes = 64 * kMiB;
  // Limit for connecting; a driver that cannot be reached fails early.
  static constexpr std::chrono::milliseconds kConnectTimeout{5'000};

  // `http` belongs to the lane on which this is used, and outlives it.
  WebDriver(net::HttpClient& http, Endpoint endpoint) : http_(&http), at_(std::move(endpoint)) {}

  // GET /status: succeeds when the driver is ready to create a session.
  asio::awaitable<Result<void>> status(Deadline deadline);
  // `request` is the JSON body. A session whose answer could not be delivered is deleted.
  asio::awaitable<Result<SessionInfo>> new_session(std::string request, Deadline deadline);

  // One command: `path` begins with '/'; an empty body is sent as {} where the method needs one.
  // The "value" of the answer.
  asio::awaitable<Result<Value>> command(std::string method, std::string path, std::string body,
                                         Deadline deadline);
  // The same, but returns the answer unchanged, whatever its status.
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
  // `script` is the body of a function; `arguments` is an array.
  asio::awaitable<Result<Value>> execute(std::string script, Value arguments, Deadline deadline);
  asio::awaitable<Result<Value>> execute_async(std::string script, Value arguments,
                                               Deadline deadline);
  // The bytes of a picture. A full page is at most kMaxPageHeight high; the rest is cut off. Only
  // drivers with DevTools have JPEG and a scale; BROWSER_COMMAND of kind "unknown" at others.
  asio::awaitable<Result<std::string>> screenshot(PictureRequest request, Deadline deadline);

  asio::awaitable<Result<std::string>> window(Deadline deadline);
  asio::awaitable<Result<std::vector<std::string>>> windows(Deadline deadline);
  asio::awaitable<Result<void>> switch_to(std::string window, Deadline deadline);
  asio::awaitable<Result<Rect>> window_rect(Deadline deadline);
  asio::awaitable<Result<void>> set_window_rect(Rect rect, Deadline deadline);
  asio::awaitable<Result<void>> set_timeouts(SessionTimeouts timeouts, Deadline deadline);

  asio::awaitable<Result<std::string>> alert_text(Deadline deadline);
  asio::awaitable<Result<void>> dismiss_alert(Deadline deadline);
  asio::awaitable<Result<void>> accept_alert(Deadline deadline);

  // A DevTools command for the page. BROWSER_COMMAND of kind "unknown" where the driver has none.
  asio::awaitable<Result<Value>> cdp(std::string method, Value params, Deadline deadline);

  // ChromeDriver's log "performance" since the last call: a list of {"message": JSON, ...}.
  asio::awaitable<Result<Value>> performance_log(Deadline deadline);

  // The largest height that Chromium can render as one picture.
  static constexpr int kMaxPageHeight = 16'384;

 private:
  asio::awaitable<Result<void>> act(std::string method, std::string path, Value body,
                                    Deadline deadline);
  asio::awaitable<Result<std::string>> ask(std::string path, Deadline deadline);
  asio::awaitable<Result<std::string>> picture_by_cdp(PictureRequest request, Deadline deadline);
  asio::awaitable<Result<std::string>> viewport_png(Deadline deadline);
  asio::awaitable<Result<std::string>> page_png_by_resizing(Deadline deadline);

  WebDriver driver_;
  SessionInfo info_;
};

}  // namespace gvm::browser
