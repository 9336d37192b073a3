#pragma once
// Renders a page in a WebDriver session: navigates, waits until it has settled, then reads text,
// HTML or a picture.
//
// A page has settled once its document, scripts and style sheets have loaded, the rest (images,
// fonts, media, frames) has loaded or had its time, a selector matches if one is asked for, and
// nothing in its open trees has changed for `quiet_dom`.
//
// With a driver of Chromium, the page is read in an isolated JavaScript world, so that the page's
// own scripts cannot forge its HTTP status or the functions that read it. Other drivers have only
// the page's world.
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <string>

#include "base/deadline.h"
#include "base/error.h"
#include "base/size.h"
#include "browser/webdriver.h"
#include "html/visible_text.h"

namespace gvm::browser {

enum class RenderMode { text, html, screenshot };
// What becomes of a page that never rests, and of a picture over the size limit.
enum class Unsettled { answer, fail };
enum class LargePicture { refuse, scale_down };

struct RenderRequest {
  std::string url;  // canonical http or https, allowed by the policy already
  RenderMode mode = RenderMode::text;
  Capture capture = Capture::viewport;             // of a screenshot
  std::chrono::milliseconds wait_after_loaded{0};  // always, after the other waits
  std::string wait_for_selector = {};              // CSS; empty: none
  std::chrono::milliseconds quiet_dom{0};  // the page must not have changed for so long; 0: may
  std::size_t max_bytes = 16 * kMiB;       // of the answer
  Unsettled unsettled = Unsettled::answer;
  html::Invisible invisible = html::Invisible::left_out;  // of a text
  PictureFormat format = PictureFormat::png;
  LargePicture large_picture = LargePicture::refuse;
};

struct RenderLimits {
  std::chrono::milliseconds navigation{30'000};  // until document, scripts and styles are there
  std::chrono::milliseconds resources{5'000};    // after them: for images, fonts, media, frames
  std::chrono::milliseconds waiting{30'000};     // then for a selector and a quiet DOM, together
  std::chrono::milliseconds command{10'000};     // everything else asked of the driver
  std::size_t failed_body_bytes = 4 * kKiB;      // of the text that WEBPAGE_LOAD_FAILED carries
};

struct RenderResult {
  RenderMode mode = RenderMode::text;
  std::string content;     // UTF-8 text, or a picture's bytes
  std::string url;         // where redirects led
  int status = 0;          // of the page itself; 0: unknown (some drivers do not tell)
  bool unsettled = false;  // it never rested: read as it was when the time was over
  // Of a document that is neither HTML nor XHTML: its type. Its content is then what the browser's
  // viewer shows.
  std::string other_type;
  bool is_source = false;  // what the viewer shows is what the server sent: text, JSON
  PictureFormat format = PictureFormat::png;
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

// Text is what a person sees of the page and the open shadow trees in it (html/text_flow.h); HTML
// is the doctype and the outer HTML of the document element, open shadow trees as <template
// shadowrootmode>.
//
// Errors:
//   WEBPAGE_LOAD_FAILED  not fatal; ctx.url is the page's, ctx.status its HTTP status (0 when there
//                        was no answer), ctx.body the beginning of its visible text, ctx.reason one
//                        of status, network, timeout, crashed, dialog, no_page, selector,
//                        script, unsettled, frameset (then ctx.frames: URLs)
//   TOO_LARGE            not fatal: the answer is over max_bytes
//   DOCUMENT_TOO_COMPLEX not fatal: more nodes than html/limits.h allows
//   DEADLINE_EXCEEDED    the request's deadline, not one of `limits`
//   BROWSER_COMMAND, CANCELLED   fatal: browser or driver failed
asio::awaitable<Rendered> render(DriverSession session, RenderRequest request, RenderLimits limits,
                                 PageBefore before, Deadline deadline);

}  // namespace gvm::browser
