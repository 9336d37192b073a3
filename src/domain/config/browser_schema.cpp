// The rows of `browser`.
#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "config/choice.h"
#include "config/schema.h"
#include "config/web_checks.h"

namespace gvm::config {

namespace {

using C = BrowserConfig;
using Builder = SectionBuilder<C>;

constexpr double kMinuteMs = 60'000;
constexpr double kHourMs = 60 * kMinuteMs;
constexpr double kDayMs = 24 * kHourMs;
// The path of a Unix socket has at most 107 usable bytes (sun_path), and cells append names of
// their own.
constexpr std::size_t kLongestRuntimeDir = 60;

Row row(std::string_view name, std::string_view doc, Range range = {}, std::string_view unit = {}) {
  return {.name = name, .doc = doc, .origin = Origin::ours, .range = range, .unit = unit};
}
Row bytes(std::string_view name, std::string_view doc, Range range) {
  return {
      .name = name, .doc = doc, .origin = Origin::ours, .format = Format::bytes, .range = range};
}
Row path(std::string_view name, std::string_view doc) {
  return {.name = name, .doc = doc, .origin = Origin::ours, .format = Format::path};
}

void own_rows(Builder& rows) {
  rows.leaf(&C::chromium, path("chromium",
                               "The browser of our own; absent: Chromium's headless shell where it "
                               "is installed, else "
                               "Chromium"))
      .leaf(&C::chromedriver, path("chromedriver", "Its ChromeDriver"))
      .leaf(&C::runtime_dir,
            path("runtime_dir", "Where browsers of our own have their sockets; at most 60 bytes"))
      .leaf(&C::isolation, row("isolation",
                               "best: every protection the machine allows; network: a network "
                               "namespace; processes: no namespaces"))
      .leaf(&C::max_browsers,
            row("max_browsers", "Browsers of our own at the same time", {1, 64}, "browsers"))
      .leaf(&C::slots_per_browser, row("slots_per_browser",
                                       "Sessions of one browser at the same time; with more than "
                                       "one a hung page delays others, and "
                                       "scripts see each other's windows",
                                       {1, 32}, "sessions"))
      .leaf(&C::pages_per_browser,
            row("pages_per_browser", "Pages after which one is replaced", {1, 1'000'000}, "pages"))
      .leaf(&C::max_age, row("max_age", "Age at which a browser, or an unused session, is replaced",
                             {1000, 7 * kDayMs}))
      .leaf(&C::memory,
            bytes("memory", "Memory of one browser; over it, it is ended and its pages fail",
                  {256.0 * kMiB, 256.0 * kGiB}))
      .leaf(&C::idle_memory, bytes("idle_memory",
                                   "Memory of a browser without work; over it, it "
                                   "is replaced",
                                   {128.0 * kMiB, 256.0 * kGiB}))
      .leaf(&C::scratch, bytes("scratch", "Profile, caches and shared memory of one browser",
                               {64.0 * kMiB, 64.0 * kGiB}));
}

void pool_rows(Builder& rows) {
  rows.leaf(&C::max_sessions, row("max_sessions", "Sessions at webdriver_host at the same time",
                                  {1, 10'000}, "sessions"))
      .leaf(&C::min_warm, row("min_warm", "Sessions kept ready", {0, 256}, "sessions"))
      .leaf(&C::max_waiting, row("max_waiting", "Sessions waited for; further requests are refused",
                                 {0, 100'000}, "sessions"))
      .leaf(&C::start_timeout,
            row("start_timeout", "Until a browser, or a session elsewhere, has started",
                {1000, 10 * kMinuteMs}))
      .leaf(
          &C::queue_timeout,
          row("queue_timeout", "Longest wait for a session; then CREATING_SESSION", {1, kHourMs}));
}

void page_rows(Builder& rows) {
  rows.leaf(&C::navigation_timeout,
            row("navigation_timeout",
                "Until a page's document, scripts and style sheets have loaded; then "
                "WEBPAGE_LOAD_FAILED",
                {100, kHourMs}))
      .leaf(&C::resource_timeout,
            row("resource_timeout",
                "After them: for images, fonts, media and frames; the page is read without those "
                "that have not come by then",
                {0, kHourMs}))
      .leaf(&C::waiting_timeout,
            row("waiting_timeout", "Longest wait for a selector or a quiet DOM", {0, kHourMs}))
      .leaf(&C::command_timeout,
            row("command_timeout", "Every other command to the browser", {100, kHourMs}))
      .leaf(&C::wait_for_selector, row("wait_for_selector",
                                       "CSS selector that must match before a page is read; empty: "
                                       "none"))
      .leaf(&C::quiet_dom,
            row("quiet_dom",
                "A page is read once nothing in it has changed for so long; 0: once it has loaded. "
                "A page without scripts, handlers and frames is not waited for",
                {0, kMinuteMs}))
      .leaf(&C::unsettled,
            row("unsettled",
                "A page that never rests within waiting_timeout. answer: it is read as it is, and "
                "marked; fail: WEBPAGE_LOAD_FAILED"))
      .leaf(&C::full_page, row("full_page",
                               "Screenshots show the whole page, not only the "
                               "viewport"))
      .leaf(&C::screenshot_format, row("screenshot_format", "png or jpeg"))
      .leaf(&C::screenshot_too_large,
            row("screenshot_too_large",
                "A screenshot over the size limit. refuse: TOO_LARGE; scale: it is made smaller"))
      .leaf(&C::status_thumbnails,
            row("status_thumbnails",
                "true: the status page shows a small picture of the last page of each browser "
                "session. They are kept in memory, and may show what guards mask in an answer"));
}

void condition_rows(Builder& rows) {
  rows.leaf(&C::viewport_width,
            row("viewport_width", "What pages see: CSS pixels", {100, 8192}, "pixels"))
      .leaf(&C::viewport_height,
            row("viewport_height", "What pages see: CSS pixels", {100, 8192}, "pixels"))
      .leaf(&C::locale, row("locale", "What pages see: language, as of BCP 47"))
      .leaf(&C::time_zone, row("time_zone", "What pages see: time zone of the tz database"))
      .leaf(&C::user_agent,
            row("user_agent", "What pages and servers see; empty: the browser's own"));
}

void check_browser(const Node& node, const std::string& path_of, Context& context, C& c) {
  check_choice(node, path_of, "engine", context, c.engine, {"browser", "http", "auto"});
  check_choice(node, path_of, "isolation", context, c.isolation, {"best", "network", "processes"});
  check_choice(node, path_of, "unsettled", context, c.unsettled, {"answer", "fail"});
  check_choice(node, path_of, "screenshot_format", context, c.screenshot_format, {"png", "jpeg"});
  check_choice(node, path_of, "screenshot_too_large", context, c.screenshot_too_large,
               {"refuse", "scale"});
  const auto* folder = node.find("runtime_dir");
  if (folder != nullptr && c.runtime_dir.size() > kLongestRuntimeDir)
    context.error(
        folder->value->mark, path_of + ".runtime_dir",
        fmt::format("got {} bytes, expected at most {}", c.runtime_dir.size(), kLongestRuntimeDir));
}

}  // namespace

const Section& browser_section() {
  static const Section section = [] {
    Builder rows("the browsers", "How pages are rendered.");
    rows.leaf(&C::engine, row("engine",
                              "browser: a browser renders; http: pages are fetched and "
                              "read without one; auto: http when no browser is there"));
    own_rows(rows);
    pool_rows(rows);
    page_rows(rows);
    condition_rows(rows);
    return rows.check(check_browser).build();
  }();
  return section;
}

}  // namespace gvm::config
