#pragma once
// Renders a page in a WebDriver session: navigates, waits, then reads text, HTML or a picture.
//
// With a driver of Chromium, the page is read in an isolated JavaScript world, so that the page's
// own scripts cannot forge its HTTP status or the functions that read it. Other drivers have only
// the page's own world.
// it. Other drivers have only the page's world.
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <string>

#include "base/deadline.h"
#include "base/error.h"
#include "base/size.h"
#include "browser/webdriver.h"

namespace gvm::browser {

enum class RenderMode { text, html, screenshot };

struct RenderRequest {
  std::string url;  // canonical http or https, allowed by the policy already
  RenderMode mode = RenderMode::text;
  Capture capture = Capture::viewport;             // of a screenshot
  std::chrono::milliseconds wait_after_loaded{0};  // always, after the other waits
  std::string wait_for_selector = {};              // CSS; empty: none
  std::chrono::milliseconds quiet_dom{0};  // wait until the DOM has not changed for so long; 0: no
  std::size_t max_bytes = 16 * kMiB;       // of the answer
};

struct RenderLimits {
  std::chrono::milliseconds navigation{30'000};  // until the load event
  std::chrono::milliseconds waiting{30'000};     // for a selector and a quiet DOM, together
  std::chrono::milliseconds command{10'000};     // everything else asked of the driver
  std::size_t failed_body_bytes = 4 * kKiB;      // of the text that WEBPAGE_LOAD_FAILED carries
};

struct RenderResult {
  RenderMode mode = RenderMode::text;
  std::string content;  // UTF-8 text, or PNG bytes
  std::string url;      // where redirects led
  int status = 0;       // of the page itself; 0: unknown (some drivers do not tell)
};

// What the session shows before the render.
enum class PageBefore { none, some };

// Whether the session can be used further.
enum class SessionFate {
  usable,  // can load another page
  broken,  // the page hung, crashed or was left while loading
  gone,    // driver or browser do not respond: their other sessions may be lost, too
};

struct Rendered {
  Result<RenderResult> result;
  SessionFate session = SessionFate::usable;
};

// Text is what `innerText` of the body gives with white space as text::TextFilter::normalize_ws
// leaves it; HTML is the doctype and the outer HTML of the document element.
//
// Errors:
//   WEBPAGE_LOAD_FAILED  not fatal; ctx.url is the page's, ctx.status its HTTP status (0 when there
//                        was no answer), ctx.body the beginning of its visible text, ctx.reason one
//                        of status, network, timeout, crashed, dialog, no_page, selector, script
//   TOO_LARGE            not fatal: the answer is over max_bytes
//   DEADLINE_EXCEEDED    the request's deadline, not one of `limits`
//   BROWSER_COMMAND, SENDING_REQUEST, READING_BODY, CANCELLED   fatal: browser or driver failed
asio::awaitable<Rendered> render(DriverSession session, RenderRequest request, RenderLimits limits,
                                 PageBefore before, Deadline deadline);

}  // namespace gvm::browser
