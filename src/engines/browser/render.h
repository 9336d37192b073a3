#pragma once
// Renders a page in a WebDriver session: navigates, waits, then reads text, HTML or a picture.
//
// What is asked of a page is asked in an isolated JavaScript world of it where the driver is one of
// Chromium's: the page's own scripts can forge neither its HTTP status nor the functions that read
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
  std::chrono::milliseconds wait_after_loaded{0};  // always, after what follows
  std::string wait_for_selector = {};              // CSS; empty: none
  std::chrono::milliseconds quiet_dom{0};          // wait until the DOM rested so long; 0: no
  std::size_t max_bytes = 16 * kMiB;               // of the answer
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
  int status = 0;       // of the page itself; 0: unknown (such drivers exist)
};

// What the session shows before.
enum class PageBefore { none, some };

// What the session is good for.
enum class SessionFate {
  usable,  // for another page
  broken,  // the page hung, crashed or was left in the middle
  gone,    // driver or browser do not answer: others of them may be gone as well
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
