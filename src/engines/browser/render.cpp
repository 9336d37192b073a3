#include "browser/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/this_coro.hpp>
#include <cmath>

#include "base/error_codes.h"
#include "browser/page_reader.h"
#include "browser/webdriver_error.h"
#include "net/http_client.h"
#include "net/pause.h"
#include "text/filter.h"
#include "text/json_view.h"

namespace gvm::browser {
namespace {

using std::chrono::milliseconds;

// Pause between two checks of a page that is waited for: the first and the longest.
constexpr milliseconds kFirstPause{10};
constexpr milliseconds kLongestPause{100};
// How much earlier than our own limit the driver's limit on loading ends.
constexpr milliseconds kDriverGrace{100};

struct Page {
  std::string url;
  int status = 0;
  bool ready = false;
  bool found = true;
  bool bad_selector = false;
  milliseconds rested{0};
  std::string body;
  std::optional<std::string> content;
  std::size_t too_long = 0;
};

bool truth(const Value& map, std::string_view key) {
  const Value* value = map.find(key);
  const bool* flag = value == nullptr ? nullptr : value->as_bool();
  return flag != nullptr && *flag;
}

std::int64_t whole(const Value& map, std::string_view key) {
  const Value* value = map.find(key);
  if (value == nullptr) return 0;
  if (const double* real = value->as_real()) return std::llround(std::clamp(*real, 0.0, 1e12));
  const Integer* integer = value->as_integer();
  return integer == nullptr ? 0 : integer->to_i64().value_or(0);
}

Page page_of(Value answer) {
  Page page;
  page.url = text::string_at(answer, "/url").value_or("");
  page.status = static_cast<int>(std::clamp<std::int64_t>(whole(answer, "status"), 0, 999));
  page.ready = truth(answer, "ready");
  page.found = truth(answer, "found");
  page.bad_selector = truth(answer, "bad_selector");
  page.rested = milliseconds(whole(answer, "rested"));
  page.body = text::string_at(answer, "/body").value_or("");
  page.too_long = static_cast<std::size_t>(whole(answer, "too_long"));
  if (const auto content = text::string_at(answer, "/content")) page.content = *content;
  return page;
}

// The browser's own pages that replace a page that failed.
bool is_error_page(const Page& page) {
  return page.url.starts_with("chrome-error:") || page.url.starts_with("about:neterror");
}
bool is_no_page(const Page& page) {
  return page.url.empty() || page.url == "about:blank" || page.url == "data:,";
}

Result<std::string> readable(std::string_view raw) {
  constexpr std::array kFilters{text::TextFilter::normalize_ws};
  auto text = text::filter_text(raw, kFilters);
  if (!text) return text;
  text->erase(text->find_last_not_of(" \n") + 1);
  return text;
}

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
    std::string url = request_.url;
    auto there = co_await go(std::move(url));
    if (!there) co_return fail(std::move(there.error()));
    auto waited = co_await wait();
    if (!waited) co_return fail(std::move(waited.error()));
    auto result = co_await read();
    co_return result;
  }

  SessionFate session_fate() const { return fate_; }

 private:
  Deadline within(milliseconds limit) const { return sooner(deadline_, Deadline::in(limit)); }

  Error failed(std::string_view reason, std::string detail) const {
    Error error(codes::kWebpageLoadFailed, Fatality::user, std::move(detail));
    error.with("url", Value::string(request_.url)).with("status", Value::integer(0));
    error.with("body", Value::string("")).with("reason", Value::string(std::string(reason)));
    return error;
  }

  Error failed_page(std::string_view reason, std::string detail, const Page& page) const {
    Error error = failed(reason, std::move(detail));
    if (is_no_page(page)) return error;
    error.with("status", Value::integer(page.status)).with("body", Value::string(page.body));
    if (!is_error_page(page)) error.with("url", Value::string(page.url));
    return error;
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

  asio::awaitable<Result<void>> go(std::string url) {
    reader_.forget_page();
    const Deadline until = within(limits_.navigation);
    const Deadline cut = within(limits_.navigation + kDriverGrace);
    auto done = co_await session_.navigate(std::move(url), cut);
    if (done) co_return done;
    const CommandFailure failure = command_failure_of(done.error());
    if (failure == CommandFailure::dialog) {
      auto loaded = co_await wait_for_load(until);
      co_return loaded;
    }
    Error error = judged(std::move(done.error()));
    if (error.code() == codes::kWebpageLoadFailed && fate_ == SessionFate::broken &&
        failure != CommandFailure::crashed && failure != CommandFailure::missing)
      error = failed("timeout", fmt::format("the page did not finish loading in {} ms",
                                            limits_.navigation.count()));
    co_return fail(std::move(error));
  }

  asio::awaitable<Result<Page>> ask(Value question, Deadline deadline) {
    auto answer = co_await reader_.ask(std::move(question), deadline);
    if (!answer) co_return fail(judged(std::move(answer.error())));
    if (answer->as_map() == nullptr)
      co_return fail(judged(protocol_error("the page's answer is no map")));
    co_return page_of(std::move(*answer));
  }

  Value question() const {
    Value value = Value::map();
    value.as_map()->set("body",
                        Value::integer(static_cast<std::int64_t>(limits_.failed_body_bytes)));
    return value;
  }

  // For a page whose dialog was dismissed while it was loading.
  asio::awaitable<Result<void>> wait_for_load(Deadline until) {
    for (milliseconds pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
      Value asked = question();
      auto page = co_await ask(std::move(asked), until);
      if (!page) co_return fail(std::move(page.error()));
      if (page->ready) co_return Result<void>();
      auto paused = co_await net::pause_until(sooner(until, Deadline::in(pause)));
      if (!paused) co_return paused;
      if (until.expired())
        co_return fail(deadline_.expired() ? late()
                                           : failed("timeout", "the page did not finish loading"));
    }
  }

  asio::awaitable<Result<void>> wait() {
    if (!request_.wait_for_selector.empty() || request_.quiet_dom.count() > 0) {
      auto seen = co_await wait_for_page();
      if (!seen) co_return seen;
    }
    if (request_.wait_after_loaded.count() > 0) {
      auto waited = co_await net::pause_until(within(request_.wait_after_loaded));
      if (!waited) co_return waited;
      if (deadline_.expired()) co_return fail(late());
    }
    co_return Result<void>();
  }

  // A selector that never matches is an error. A DOM that never becomes quiet is read as it is.
  asio::awaitable<Result<void>> wait_for_page() {
    const Deadline until = within(limits_.waiting);
    const bool selecting = !request_.wait_for_selector.empty();
    for (milliseconds pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
      Value asked = question();
      if (selecting) asked.as_map()->set("selector", Value::string(request_.wait_for_selector));
      if (request_.quiet_dom.count() > 0) asked.as_map()->set("quiet", Value::boolean(true));
      auto page = co_await ask(std::move(asked), within(limits_.command));
      if (!page) co_return fail(std::move(page.error()));
      if (auto good = judge_page(*page); !good) co_return good;
      if (page->bad_selector)
        co_return fail(failed_page("selector", "wait_for_selector is no CSS selector", *page));
      const bool found = !selecting || page->found;
      if (found && page->rested >= request_.quiet_dom) co_return Result<void>();
      if (deadline_.expired()) co_return fail(late());
      if (until.expired() && found) co_return Result<void>();
      if (until.expired())
        co_return fail(
            failed_page("selector", "no element matched wait_for_selector in time", *page));
      auto paused = co_await net::pause_until(sooner(until, Deadline::in(pause)));
      if (!paused) co_return paused;
    }
  }

  Result<void> judge_page(const Page& page) const {
    if (page.status >= 400)
      return fail(failed_page("status", fmt::format("the page's status is {}", page.status), page));
    if (is_error_page(page))
      return fail(failed_page("network", "the page could not be loaded", page));
    if (is_no_page(page))
      return fail(failed_page("no_page", "the URL leads to a download or to nothing", page));
    return {};
  }

  asio::awaitable<Result<RenderResult>> read() {
    Value asked = question();
    asked.as_map()->set("still", Value::boolean(true));
    asked.as_map()->set("max", Value::integer(static_cast<std::int64_t>(request_.max_bytes)));
    if (request_.mode != RenderMode::screenshot)
      asked.as_map()->set("read",
                          Value::string(request_.mode == RenderMode::html ? "html" : "text"));
    auto page = co_await ask(std::move(asked), within(limits_.command));
    if (!page) co_return fail(std::move(page.error()));
    if (auto good = judge_page(*page); !good) co_return fail(std::move(good.error()));
    RenderResult result;
    result.mode = request_.mode;
    result.url = page->url;
    result.status = page->status;
    if (request_.mode == RenderMode::screenshot) {
      auto png = co_await session_.screenshot(request_.capture, within(limits_.command));
      if (!png) co_return fail(judged(std::move(png.error())));
      result.content = std::move(*png);
    } else if (page->content) {
      result.content = std::move(*page->content);
    } else {
      co_return fail(too_large(page->too_long));
    }
    co_return finished(std::move(result));
  }

  Result<RenderResult> finished(RenderResult result) const {
    if (result.mode == RenderMode::text) {
      auto text = readable(result.content);
      if (!text) return fail(std::move(text.error().set_fatality(Fatality::user)));
      result.content = std::move(*text);
    }
    if (result.content.size() > request_.max_bytes) return fail(too_large(result.content.size()));
    return result;
  }

  Error too_large(std::size_t size) const {
    Error error(codes::kTooLarge, Fatality::user,
                fmt::format("the page's content is over {} bytes", request_.max_bytes));
    error.with("limit", Value::integer(static_cast<std::int64_t>(request_.max_bytes)));
    error.with("size", Value::integer(static_cast<std::int64_t>(size)));
    error.with("url", Value::string(request_.url));
    return error;
  }

  DriverSession& session_;
  RenderRequest request_;
  RenderLimits limits_;
  Deadline deadline_;
  PageReader reader_;
  SessionFate fate_ = SessionFate::usable;
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
