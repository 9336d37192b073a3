#include "browser/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error_codes.h"
#include "browser/network_watch.h"
#include "browser/page_answer.h"
#include "browser/page_reader.h"
#include "browser/webdriver_error.h"
#include "html/composed_text.h"
#include "html/page.h"
#include "net/http_client.h"
#include "net/pause.h"

namespace gvm::browser {
namespace {

using std::chrono::milliseconds;

// Pause between two questions to a page that is waited for: the first and the longest.
constexpr milliseconds kFirstPause{10};
constexpr milliseconds kLongestPause{100};
// How much earlier than our own limit the driver's limit on loading ends.
constexpr milliseconds kDriverGrace{100};
// Pictures of a page that paints by itself, until two in a row are the same.
constexpr int kMostPictures = 20;
constexpr milliseconds kBetweenPictures{100};
// How often a picture over the size limit is made smaller.
constexpr int kMostScalings = 4;

class Rendering {
 public:
  Rendering(DriverSession& session, RenderRequest request, RenderLimits limits, Deadline deadline)
      : session_(session),
        request_(std::move(request)),
        limits_(limits),
        deadline_(deadline),
        reader_(session) {}

  asio::awaitable<Result<RenderResult>> run(PageBefore before) {
    if (before == PageBefore::some) {
      std::string blank = "about:blank";
      auto left = co_await go(std::move(blank));
      if (!left) co_return fail(std::move(left.error()));
    }
    const Deadline loaded_until = within(limits_.navigation);
    std::string url = request_.url;
    auto there = co_await go(std::move(url));
    if (!there) co_return fail(std::move(there.error()));
    auto page = co_await settled_page(loaded_until);
    if (!page) co_return fail(std::move(page.error()));
    auto result = co_await result_of(std::move(*page));
    co_return result;
  }

  SessionFate session_fate() const { return fate_; }

 private:
  enum class When { settled, now };
  enum class Reading { nothing, content };

  Deadline within(milliseconds limit) const { return sooner(deadline_, Deadline::in(limit)); }
  bool is_picture() const { return request_.mode == RenderMode::screenshot; }
  bool waits_longer() const { return request_.wait_after_loaded.count() > 0; }

  Error failed(std::string_view reason, std::string detail) const {
    Error error(codes::kWebpageLoadFailed, Fatality::user, std::move(detail));
    error.with("url", Value::string(request_.url)).with("status", Value::integer(0));
    error.with("body", Value::string("")).with("reason", Value::string(std::string(reason)));
    return error;
  }

  static Error with_page(Error error, const PageAnswer& page) {
    if (page.is_no_page()) return error;
    error.with("status", Value::integer(page.status)).with("body", Value::string(page.body));
    if (!page.is_error_page()) error.with("url", Value::string(page.url));
    return error;
  }

  Error failed_page(std::string_view reason, std::string detail, const PageAnswer& page) const {
    return with_page(failed(reason, std::move(detail)), page);
  }

  // Converts a command's error: a fault of the page becomes a failed load.
  Error judged(Error error) {
    const CommandFailure failure = command_failure_of(error);
    switch (failure) {
      case CommandFailure::page:
        return failed("network",
                      fmt::format("the page could not be loaded ({})", net_error_of(error)));
      case CommandFailure::dialog:
        return failed("dialog", "the page keeps opening dialogs");
      case CommandFailure::script:
        return failed("script", "the page's content could not be read");
      case CommandFailure::missing:
        fate_ = SessionFate::broken;
        return failed("no_page", "the page closed its window");
      case CommandFailure::crashed:
        fate_ = SessionFate::broken;
        return failed("crashed", "the page crashed");
      case CommandFailure::replaced:
        fate_ = SessionFate::broken;
        return deadline_.expired() ? late()
                                   : failed("timeout", "another page keeps replacing the page");
      case CommandFailure::timeout:
      case CommandFailure::deadline:
        fate_ = SessionFate::broken;
        return deadline_.expired() ? late() : failed("timeout", "the page does not answer");
      default:
        fate_ = is_driver_failure(failure) ? SessionFate::gone : SessionFate::broken;
        return error;
    }
  }

  Error late() const {
    Error error(codes::kDeadlineExceeded, Fatality::fatal, "rendering took too long");
    error.with("timeout", Value::string("deadline")).with("url", Value::string(request_.url));
    return error;
  }

  Error not_loaded() const {
    return failed("timeout", fmt::format("the page did not finish loading in {} ms",
                                         limits_.navigation.count()));
  }

  asio::awaitable<Result<void>> go(std::string url) {
    reader_.forget_page();
    const Deadline cut = within(limits_.navigation + kDriverGrace);
    auto done = co_await session_.navigate(std::move(url), cut);
    if (done) co_return done;
    const CommandFailure failure = command_failure_of(done.error());
    // The dialog was dismissed, or the page leaves for another; loading goes on.
    if (failure == CommandFailure::dialog || failure == CommandFailure::replaced)
      co_return Result<void>();
    Error error = judged(std::move(done.error()));
    if (error.code() == codes::kWebpageLoadFailed && fate_ == SessionFate::broken &&
        failure != CommandFailure::crashed && failure != CommandFailure::missing)
      error = not_loaded();
    co_return fail(std::move(error));
  }

  Value question(When when, Reading reading) const {
    const auto number = [](auto n) { return Value::integer(static_cast<std::int64_t>(n)); };
    Value asked =
        Value::fields("when", Value::string(when == When::now ? "now" : "settled"), "body",
                      number(limits_.failed_body_bytes), "max", number(request_.max_bytes));
    auto& fields = *asked.as_map();
    if (waived_) fields.set("loaded", Value::boolean(true));
    if (busy_) fields.set("busy", Value::boolean(true));
    if (when == When::settled && watches_network() && !sure_)
      fields.set("unsure", Value::boolean(true));
    if (!request_.wait_for_selector.empty())
      fields.set("selector", Value::string(request_.wait_for_selector));
    if (request_.quiet_dom.count() > 0) fields.set("quiet", number(request_.quiet_dom.count()));
    const bool whole = request_.capture == Capture::full_page;
    if (is_picture()) fields.set("picture", Value::string(whole ? "page" : "viewport"));
    if (reading == Reading::nothing) return asked;
    fields.set("still", Value::string(is_picture() ? "picture" : "text"));
    if (!is_picture())
      fields.set("read", Value::string(request_.mode == RenderMode::html ? "html" : "text"));
    if (request_.invisible == html::Invisible::included) fields.set("all", Value::boolean(true));
    return asked;
  }

  asio::awaitable<Result<PageAnswer>> ask(When when, Reading reading) {
    Value asked = question(when, reading);
    auto answer = co_await reader_.ask(std::move(asked), within(limits_.command));
    if (!answer) co_return fail(judged(std::move(answer.error())));
    if (answer->as_map() == nullptr)
      co_return fail(judged(protocol_error("the page's answer is no map")));
    PageAnswer page = page_answer_of(*answer);
    note_replaced(page);
    if (auto good = judge_page(page); !good) co_return fail(std::move(good.error()));
    co_return page;
  }

  Result<void> judge_page(const PageAnswer& page) const {
    if (page.status >= 400)
      return fail(failed_page("status", fmt::format("the page's status is {}", page.status), page));
    if (page.is_error_page())
      return fail(failed_page("network", "the page could not be loaded", page));
    if (page.is_no_page())
      return fail(failed_page("no_page", "the URL leads to a download or to nothing", page));
    if (page.bad_selector)
      return fail(failed_page("selector", "wait_for_selector is no CSS selector", page));
    return {};
  }

  // The page as it is to be read: with its content when nothing else is waited for, as the page
  // settles and is read in one step then.
  asio::awaitable<Result<PageAnswer>> settled_page(Deadline loaded_until) {
    const Reading reading = waits_longer() ? Reading::nothing : Reading::content;
    auto page = co_await wait_until_settled(reading, loaded_until);
    if (!page || !waits_longer()) co_return page;
    auto waited = co_await net::pause_until(within(request_.wait_after_loaded));
    if (!waited) co_return fail(std::move(waited.error()));
    if (deadline_.expired()) co_return fail(late());
    page = co_await ask(When::now, Reading::content);
    co_return page;
  }

  asio::awaitable<Result<PageAnswer>> wait_until_settled(Reading reading, Deadline loaded_until) {
    loaded_until_ = loaded_until;
    for (milliseconds pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
      auto page = co_await ask(When::settled, reading);
      if (!page || page->settled) co_return page;
      auto looked = co_await look_at_network();
      if (!looked) co_return fail(std::move(looked.error()));
      sure_ = page->rests && !busy_;
      if (sure_) continue;
      auto waiting = go_on_waiting(*page);
      if (!waiting) co_return fail(std::move(waiting.error()));
      if (!*waiting) break;
      auto paused = co_await net::pause_until(within(pause_before_next(*page, pause)));
      if (!paused) co_return fail(std::move(paused.error()));
    }
    unsettled_ = true;
    auto page = co_await ask(When::now, reading);
    co_return page;
  }

  // Only a page that must rest is looked at: what it waits for may change it.
  bool watches_network() const {
    return session_.info().logs_network && request_.quiet_dom.count() > 0;
  }

  // The driver's log has what the driver heard of during earlier commands. So it tells what was
  // under way when the page was asked last, and must be read after the question, not before it.
  asio::awaitable<Result<void>> look_at_network() {
    if (!watches_network()) co_return Result<void>();
    auto log = co_await session_.performance_log(within(limits_.command));
    if (!log) {
      // A dialog is open, or the page was replaced: the next question takes note of it.
      const CommandFailure failure = command_failure_of(log.error());
      busy_ = true;
      if (failure == CommandFailure::dialog || failure == CommandFailure::replaced)
        co_return Result<void>();
      co_return fail(judged(std::move(log.error())));
    }
    network_.take(*log);
    busy_ = network_.under_way(limits_.resources) > 0;
    co_return Result<void>();
  }

  // Whether to ask again; false when the page is read as it is. Notes how far the page has come.
  Result<bool> go_on_waiting(const PageAnswer& page) {
    note_loading(page);
    if (deadline_.expired()) return fail(late());
    if (loaded_ && !settled_until_) settled_until_ = within(limits_.waiting);
    if (!settled_until_) {
      if (loaded_until_.expired()) return fail(not_loaded());
      return true;
    }
    if (!settled_until_->expired()) return true;
    if (!request_.wait_for_selector.empty() && !page.found)
      return fail(failed_page("selector", "no element matched wait_for_selector in time", page));
    if (request_.unsettled == Unsettled::fail)
      return fail(failed_page("unsettled", "the page did not come to rest in time", page));
    return false;
  }

  // Another page has taken the page's place: what was noted of the last one's loading says nothing
  // of it. The times for loading and waiting are those of both together.
  void note_replaced(PageAnswer& page) {
    if (reader_.replaced() == replaced_) return;
    replaced_ = reader_.replaced();
    // It may have been read before its images came, or before its requests were known.
    if (waived_ || sure_) page.settled = page.rests = false;
    waived_ = sure_ = loaded_ = false;
    rest_until_.reset();
  }

  // Document, scripts and styles are awaited as long as navigation may take; the rest has a time of
  // its own once they are there. A page that replaces itself by another starts again.
  void note_loading(const PageAnswer& page) {
    if (page.ready || !page.parsed || page.pending > 0) {
      rest_until_.reset();
    } else if (!rest_until_) {
      rest_until_ = within(limits_.resources);
    } else if (rest_until_->expired()) {
      waived_ = true;
    }
    loaded_ = page.ready || waived_;
  }

  // Once only rest is missing it is known when it can be reached at the earliest.
  milliseconds pause_before_next(const PageAnswer& page, milliseconds pause) const {
    const bool found = request_.wait_for_selector.empty() || page.found;
    if (!loaded_ || !found || page.rested >= request_.quiet_dom) return pause;
    return std::max(kFirstPause, request_.quiet_dom - page.rested);
  }

  asio::awaitable<Result<RenderResult>> result_of(PageAnswer page) {
    RenderResult result;
    result.mode = request_.mode;
    result.url = page.url;
    result.status = page.status;
    result.unsettled = unsettled_;
    if (!page.is_html()) result.other_type = page.type;
    result.is_source = page.is_source;
    Result<std::string> content;
    if (is_picture()) {
      const bool paints = page.paints;
      content = co_await picture(paints);
    } else {
      content = content_of(std::move(page));
    }
    if (!content) co_return fail(std::move(content.error()));
    if (content->size() > request_.max_bytes) co_return fail(too_large(content->size()));
    result.unsettled = unsettled_;
    result.format = request_.format;
    result.content = std::move(*content);
    co_return result;
  }

  Result<std::string> content_of(PageAnswer page) const {
    if (page.frames) return fail(with_page(html::frameset_error(std::move(*page.frames)), page));
    if (page.too_complex > 0) return fail(too_complex(page));
    if (!page.content) return fail(too_large(page.too_long));
    std::string content = std::move(*page.content);
    if (page.unlabelled) {
      if (auto again = html::reread_as_utf8(content); !again.empty()) content = std::move(again);
    }
    if (request_.mode == RenderMode::html || !page.is_html()) return content;
    return html::composed_text(content);
  }

  asio::awaitable<Result<std::string>> picture(bool paints) {
    PictureRequest wanted{.capture = request_.capture, .format = request_.format, .scale = 1};
    auto taken = co_await steady_picture(wanted, paints);
    const bool shrinks = request_.large_picture == LargePicture::scale_down;
    for (int i = 0; i < kMostScalings && taken && shrinks; ++i) {
      if (taken->size() <= request_.max_bytes) break;
      constexpr double kMargin = 0.9;
      const double share =
          static_cast<double>(request_.max_bytes) / static_cast<double>(taken->size());
      wanted.scale *= std::sqrt(share) * kMargin;
      taken = co_await steady_picture(wanted, paints);
    }
    co_return taken;
  }

  // A picture of the whole of a long page takes as long as its load.
  std::chrono::milliseconds time_for_picture() const {
    if (request_.capture != Capture::full_page) return limits_.command;
    return std::max(limits_.navigation, limits_.command);
  }

  // Of a page that paints pixels itself, a picture counts when the next one is the same.
  asio::awaitable<Result<std::string>> steady_picture(PictureRequest wanted, bool paints) {
    auto last = co_await session_.screenshot(wanted, within(time_for_picture()));
    const Deadline until = within(limits_.waiting);
    for (int i = 0; paints && last && i < kMostPictures; ++i) {
      auto paused = co_await net::pause_until(within(kBetweenPictures));
      if (!paused) co_return fail(std::move(paused.error()));
      auto next = co_await session_.screenshot(wanted, within(time_for_picture()));
      if (next && *next == *last) co_return next;
      last = std::move(next);
      if (until.expired() || i + 1 == kMostPictures) unsettled_ = true;
      if (until.expired()) break;
    }
    if (!last) co_return fail(judged(std::move(last.error())));
    if (unsettled_ && request_.unsettled == Unsettled::fail)
      co_return fail(failed("unsettled", "the page's picture did not come to rest in time"));
    co_return last;
  }

  Error too_large(std::size_t size) const {
    Error error(codes::kTooLarge, Fatality::user,
                fmt::format("the page's content is over {} bytes", request_.max_bytes));
    error.with("limit", Value::integer(static_cast<std::int64_t>(request_.max_bytes)));
    error.with("size", Value::integer(static_cast<std::int64_t>(size)));
    error.with("url", Value::string(request_.url));
    return error;
  }

  static Error too_complex(const PageAnswer& page) {
    return html::too_complex("nodes", page.too_complex).with("url", Value::string(page.url));
  }

  DriverSession& session_;
  RenderRequest request_;
  RenderLimits limits_;
  Deadline deadline_;
  PageReader reader_;
  SessionFate fate_ = SessionFate::usable;
  // How far the page has come.
  Deadline loaded_until_ = Deadline::in(milliseconds(0));
  std::optional<Deadline> rest_until_;
  std::optional<Deadline> settled_until_;
  NetworkWatch network_;
  bool loaded_ = false;
  bool waived_ = false;  // what still loads does not matter
  bool busy_ = false;    // code or data is on its way
  bool sure_ = false;    // and that was known after the page had come to rest
  int replaced_ = 0;     // how often another page took its place
  bool unsettled_ = false;
};

}  // namespace

asio::awaitable<Rendered> render(DriverSession session, RenderRequest request, RenderLimits limits,
                                 PageBefore before, Deadline deadline) {
  Rendering rendering(session, std::move(request), limits, deadline);
  auto result = co_await rendering.run(before);
  Rendered rendered{std::move(result), rendering.session_fate()};
  co_return rendered;
}

}  // namespace gvm::browser
