#include "web/pages.h"

#include <algorithm>

#include "base/error_codes.h"
#include "net/pause.h"
#include "trace/http_attributes.h"
#include "web/static_page.h"

namespace gvm::web {

using browser::RenderResult;

namespace {

constexpr int kOk = 200;
// Between two questions whether a page has loaded.
constexpr std::chrono::milliseconds kFirstPause{5};
constexpr std::chrono::milliseconds kLongestPause{100};
constexpr std::chrono::milliseconds kThumbnail{2'000};

// No HTML, and the browser does not show its source: a viewer has changed it (XML), or it would be
// stored.
bool must_be_fetched(const Result<RenderResult>& result, browser::RenderMode mode) {
  if (mode == browser::RenderMode::screenshot) return false;
  if (result) return !result->other_type.empty() && !result->is_source;
  const Error& error = result.error();
  const Value* reason = error.ctx().find("reason");
  return error.code() == codes::kWebpageLoadFailed && reason != nullptr &&
         reason->as_string() == "no_page";
}

// Commands of WebDriver that may load a page.
bool loads_a_page(std::string_view method, std::string_view path) {
  if (method != "POST") return false;
  return path == "/url" || path == "/back" || path == "/forward" || path == "/refresh" ||
         path.ends_with("/click");
}

// A browser loads a page; its many requests go through the egress proxy and are no spans.
trace::Span page_span(const host::Sender& sender, const browser::RenderRequest& what) {
  const auto* call = sender.traced_call();
  trace::Span span = call == nullptr ? trace::Span() : call->child("page", trace::Kind::client);
  trace::set_server(span, what.url);
  return span;
}

void end_page_span(trace::Span& span, const Result<RenderResult>& result) {
  if (result) {
    trace::set_status(span, result->status);
  } else {
    span.fail(result.error().code());
  }
  span.end();
}

}  // namespace

std::optional<PageEngine> find_page_engine(std::string_view name) {
  if (name == "auto") return PageEngine::automatic;
  if (name == "browser") return PageEngine::browser;
  if (name == "http") return PageEngine::http;
  return std::nullopt;
}

Pages::Pages(const PageSettings& settings, LaneNetwork& lane, host::Sender& sender,
             asio::thread_pool& workers, asio::any_io_executor executor)
    : settings_(settings), lane_(lane), sender_(sender), workers_(workers), idle_(executor) {}

asio::awaitable<Result<RenderResult>> Pages::render(PageRequest request, Deadline deadline) {
  request.what.wait_after_loaded = std::min(request.what.wait_after_loaded, settings_.longest_wait);
  request.what.max_bytes = std::min(request.what.max_bytes, settings_.max_bytes);
  const PageEngine engine = request.engine.value_or(settings_.engine);
  const bool by_browser = engine == PageEngine::browser ||
                          (engine == PageEngine::automatic &&
                           (settings_.browsers != nullptr || settings_.webdriver_host != nullptr));
  trace::Span span = by_browser ? page_span(sender_, request.what) : trace::Span();
  auto rendering = by_browser ? render_in_browser(std::move(request.what), deadline)
                              : render_over_http(std::move(request.what), {}, deadline);
  Result<RenderResult> result = co_await std::move(rendering);
  end_page_span(span, result);
  co_return result;
}

asio::awaitable<Result<void>> Pages::ensure_lease(Deadline deadline) {
  ++*use_;
  idle_.cancel();
  if (lease_ && lease_->usable()) co_return Result<void>();
  drop_lease();
  if (settings_.browsers == nullptr) {
    co_return fail(codes::kCreatingSession, Fatality::fatal,
                   "this module has no browser; browser.engine says so");
  }
  auto leasing = settings_.browsers->lease(lane_.open, settings_.reach, deadline);
  Result<browser::Lease> lease = co_await std::move(leasing);
  if (!lease) co_return fail(std::move(lease).error());
  lease_.emplace(std::move(*lease));
  if (settings_.thumbnails) place_.emplace(Thumbnails::claim(settings_.thumbnails));
  co_return Result<void>();
}

asio::awaitable<Result<bool>> Pages::is_by_service(Deadline deadline) {
  if (settings_.webdriver_host == nullptr) co_return false;
  auto finding = settings_.webdriver_host->find_out(lane_.open, deadline);
  Result<WebdriverHost::Kind> kind = co_await std::move(finding);
  if (!kind) co_return fail(std::move(kind).error());
  co_return *kind == WebdriverHost::Kind::rendering_service;
}

asio::awaitable<Result<RenderResult>> Pages::render_in_browser(browser::RenderRequest request,
                                                               Deadline deadline) {
  auto finding = is_by_service(deadline);
  Result<bool> by_service = co_await std::move(finding);
  if (!by_service) co_return fail(std::move(by_service).error());
  if (*by_service) {
    auto serving = settings_.webdriver_host->render(lane_.open, std::move(request), deadline);
    Result<RenderResult> served = co_await std::move(serving);
    co_return served;
  }
  browser::RenderRequest copy = request;
  Visitor visitor;
  auto rendering = render_in_lease(std::move(copy), visitor, deadline);
  Result<RenderResult> result = co_await std::move(rendering);
  if (!must_be_fetched(result, request.mode)) co_return result;
  if (result) request.url = result->url;
  auto fetching = render_over_http(std::move(request), std::move(visitor), deadline);
  Result<RenderResult> fetched = co_await std::move(fetching);
  co_return fetched;
}

asio::awaitable<Result<RenderResult>> Pages::render_in_lease(browser::RenderRequest request,
                                                             Visitor& visitor, Deadline deadline) {
  auto leasing = ensure_lease(deadline);
  Result<void> leased = co_await std::move(leasing);
  if (!leased) co_return fail(std::move(leased).error());
  const browser::RenderMode mode = request.mode;
  std::string url = request.url;
  auto rendering = lease_->render(std::move(request), deadline);
  Result<RenderResult> result = co_await std::move(rendering);
  if (result && place_ && lease_->usable()) {
    auto taking = take_thumbnail(result->url, deadline);
    co_await std::move(taking);
  }
  if (must_be_fetched(result, mode) && lease_->usable()) {
    if (auto parsed = url::parse(result ? result->url : url)) {
      auto knowing = visitor_of(*lease_, std::move(*parsed), deadline);
      visitor = co_await std::move(knowing);
    }
  }
  release_when_idle();
  co_return result;
}

// What goes wrong is no matter of the page.
asio::awaitable<void> Pages::take_thumbnail(std::string url, Deadline deadline) {
  const Deadline limit = sooner(deadline, Deadline::in(kThumbnail));
  auto taking = lease_->thumbnail(settings_.thumbnail_scale, limit);
  Result<std::string> picture = co_await std::move(taking);
  const auto parsed = url::parse(url);
  if (picture && parsed) settings_.thumbnails->keep(*place_, parsed->origin(), std::move(*picture));
}

void Pages::drop_lease() {
  place_.reset();
  lease_.reset();
}

void Pages::release_when_idle() {
  if (lease_ && !lease_->usable()) drop_lease();
  if (!lease_ || driven_) return;
  idle_.expires_after(settings_.kept_idle);
  idle_.async_wait([this, use = std::weak_ptr(use_), mine = *use_](boost::system::error_code) {
    const auto now = use.lock();
    if (now != nullptr && *now == mine) drop_lease();
  });
}

asio::awaitable<Result<std::string>> Pages::driver_session(Deadline deadline) {
  auto finding = is_by_service(deadline);
  Result<bool> by_service = co_await std::move(finding);
  if (!by_service) co_return fail(std::move(by_service).error());
  if (*by_service) {
    co_return fail(codes::kMissingCapability, Fatality::fatal,
                   "webdriver_host is a rendering service, which has no WebDriver sessions");
  }
  auto leasing = ensure_lease(deadline);
  Result<void> leased = co_await std::move(leasing);
  if (!leased) co_return fail(std::move(leased).error());
  driven_ = true;
  co_return lease_->session_id();
}

std::optional<std::string> Pages::driver_path(const url::Url& url) const {
  if (!lease_ || !driven_) return std::nullopt;
  const std::string own = settings_.driver_url + "/session/" + lease_->session_id();
  const std::string_view href = url.href();
  if (!href.starts_with(own)) return std::nullopt;
  const auto path = href.substr(own.size());
  if (!path.empty() && path.front() != '/') return std::nullopt;
  return std::string(path);
}

asio::awaitable<Result<net::HttpResponse>> Pages::drive(std::string method, std::string path,
                                                        std::string body, Deadline deadline) {
  const bool loads = loads_a_page(method, path) && settings_.webdriver_host == nullptr;
  auto sending = lease_->send(std::move(method), std::move(path), std::move(body), deadline);
  Result<net::HttpResponse> response = co_await std::move(sending);
  if (!loads || !response || response->status != kOk) co_return response;
  auto loading = wait_for_load(deadline);
  Result<void> loaded = co_await std::move(loading);
  if (!loaded) co_return fail(std::move(loaded).error());
  co_return response;
}

// Our sessions return when a document is complete (page load strategy "eager"), as rendering has
// limits of its own for what comes later. Scripts expect WebDriver's default, the load event.
asio::awaitable<Result<void>> Pages::wait_for_load(Deadline deadline) {
  const Deadline until = sooner(deadline, Deadline::in(settings_.longest_load));
  for (auto pause = kFirstPause; !until.expired(); pause = std::min(2 * pause, kLongestPause)) {
    std::string method = "POST";
    std::string path = "/execute/sync";
    std::string body = R"({"script":"return document.readyState","args":[]})";
    auto asking = lease_->send(std::move(method), std::move(path), std::move(body), deadline);
    Result<net::HttpResponse> state = co_await std::move(asking);
    if (!state) co_return fail(std::move(state).error());
    // An error is a dialog, or a window that is gone: the script's next command learns of it.
    if (state->status != kOk || state->body.find("\"complete\"") != std::string::npos) break;
    auto pausing = net::pause_until(sooner(until, Deadline::in(pause)));
    Result<void> paused = co_await std::move(pausing);
    if (!paused) co_return paused;
  }
  co_return Result<void>();
}

asio::awaitable<Result<RenderResult>> Pages::render_over_http(browser::RenderRequest request,
                                                              Visitor visitor, Deadline deadline) {
  if (request.mode == browser::RenderMode::screenshot) {
    co_return fail(codes::kMissingCapability, Fatality::fatal,
                   "a screenshot needs a browser, and this module has none");
  }
  auto url = url::parse(request.url);
  if (!url) co_return fail(std::move(url).error());
  host::Outgoing outgoing(std::move(*url));
  outgoing.http.url = std::string(outgoing.url.href());
  outgoing.http.headers.push_back(
      {"accept", "text/html,application/xhtml+xml,text/*;q=0.9,*/*;q=0.1"});
  if (!visitor.user_agent.empty())
    outgoing.http.headers.push_back({"user-agent", std::move(visitor.user_agent)});
  outgoing.cookies = std::move(visitor.cookies);
  outgoing.timeout = deadline;
  auto sending = sender_.send(outgoing, deadline);
  Result<net::HttpResponse> response = co_await std::move(sending);
  if (!response) co_return fail(std::move(response).error());
  const std::string final_url(outgoing.url.href());
  const bool small = response->body.size() <= settings_.inline_bytes;
  if (small) co_return read_static_page(std::move(*response), request, final_url);
  StaticPage work{std::move(*response), std::move(request), final_url};
  auto reading = read_on(workers_, std::move(work));
  Result<RenderResult> result = co_await std::move(reading);
  co_return result;
}

}  // namespace gvm::web
