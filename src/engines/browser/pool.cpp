#include "browser/pool.h"

#include <boost/asio/co_spawn.hpp>
#include <future>

#include "base/error_codes.h"
#include "browser/pool_core.h"
#include "browser/session_request.h"
#include "browser/webdriver_error.h"
#include "net/http_client.h"

namespace gvm::browser {

Lease::Lease(std::shared_ptr<PoolCore> core, net::HttpClient& http, std::uint64_t id,
             SessionInfo info)
    : core_(std::move(core)), http_(&http), id_(id), info_(std::move(info)) {}

Lease::Lease(Lease&&) noexcept = default;

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  if (core_) core_->release(id_, fate_, pages_);
  core_ = std::move(other.core_);
  http_ = other.http_;
  id_ = other.id_;
  info_ = std::move(other.info_);
  fate_ = other.fate_;
  before_ = other.before_;
  pages_ = other.pages_;
  return *this;
}

Lease::~Lease() {
  if (core_) core_->release(id_, fate_, pages_);
}

asio::awaitable<Result<net::HttpResponse>> Lease::send(std::string method, std::string path,
                                                       std::string body, Deadline deadline) {
  before_ = PageBefore::some;
  if (method == "POST" && path == "/url") ++pages_;
  DriverSession session(*http_, info_);
  auto answer =
      co_await session.exchange(std::move(method), std::move(path), std::move(body), deadline);
  if (!answer)
    fate_ = is_driver_failure(command_failure_of(answer.error())) ? SessionFate::gone
                                                                  : SessionFate::broken;
  co_return answer;
}

asio::awaitable<Result<RenderResult>> Lease::render(RenderRequest request, Deadline deadline) {
  const auto core = core_;
  const PageBefore before = std::exchange(before_, PageBefore::some);
  ++pages_;
  // Until the result is known: after a cancellation the page is still loading.
  fate_ = SessionFate::broken;
  const auto begin = Clock::now();
  DriverSession session(*http_, info_);
  const RenderLimits limits = core->options().render;
  auto rendered =
      co_await browser::render(std::move(session), std::move(request), limits, before, deadline);
  fate_ = rendered.session;
  PoolCounters& counters = core->counters();
  counters.pages.fetch_add(1);
  if (!rendered.result) counters.failed_pages.fetch_add(1);
  counters.render_ns.fetch_add(
      static_cast<std::uint64_t>(std::chrono::nanoseconds(Clock::now() - begin).count()));
  co_return std::move(rendered.result);
}

asio::awaitable<Result<std::string>> Lease::thumbnail(double scale, Deadline deadline) {
  const auto core = core_;
  fate_ = SessionFate::broken;  // until it has answered: the driver does one thing after the other
  DriverSession session(*http_, info_);
  const PictureRequest wanted{
      .capture = Capture::viewport, .format = PictureFormat::jpeg, .scale = scale};
  auto picture = co_await session.screenshot(wanted, deadline);
  const bool answered = picture || (picture.error().code() != codes::kDeadlineExceeded &&
                                    picture.error().code() != codes::kCancelled);
  if (answered) fate_ = SessionFate::usable;
  co_return picture;
}

namespace {

// For browsers of our own, only the arguments in an operator's request are used.
PoolOptions completed(PoolOptions options, const log::Logger& log) {
  if (!options.webdriver_host.empty()) return options;
  options.cell.slots = options.slots_per_browser;
  auto extra = extra_arguments(options.session_create_request);
  if (!extra) return options;
  for (const auto& refused : extra->refused)
    log.warn(
        "an argument of session_create_request is not passed on to the browser: it would "
        "weaken its protection, or has a setting of its own",
        {{"argument", Value::string(refused)}});
  for (auto& taken : extra->taken) options.cell.arguments.push_back(std::move(taken));
  return options;
}

}  // namespace

Pool::Pool(asio::any_io_executor home, net::HttpClient& http, egress::Proxy* proxy,
           PoolOptions options, log::Logger log)
    : core_(
          std::make_shared<PoolCore>(home, http, proxy, completed(std::move(options), log), log)) {
  core_->begin();
}

Pool::~Pool() {
  core_->abandon();
}

asio::awaitable<Result<void>> Pool::check(Deadline deadline) {
  const auto core = core_;
  auto checked = co_await core->check(deadline);
  co_return checked;
}

asio::awaitable<Result<Lease>> Pool::lease(net::HttpClient& http,
                                           std::shared_ptr<const egress::SlotPolicy> policy,
                                           Deadline deadline) {
  const auto core = core_;
  auto lease = co_await core->lease(http, std::move(policy), deadline);
  co_return lease;
}

asio::awaitable<void> Pool::stop() {
  const auto core = core_;
  co_await core->stop();
}

void Pool::stop_and_wait(std::chrono::milliseconds patience) {
  auto ended = std::make_shared<std::promise<void>>();
  auto future = ended->get_future();
  asio::co_spawn(core_->home(), stop(), [ended](const std::exception_ptr&) { ended->set_value(); });
  future.wait_for(patience);
}

PoolStats Pool::stats() const {
  const PoolCounters& from = core_->counters();
  PoolStats stats;
  stats.leases = from.leases;
  stats.leased = from.leased;
  stats.waiting = from.waiting;
  stats.ready = from.ready;
  stats.browsers = from.browsers;
  stats.pages = from.pages;
  stats.failed_pages = from.failed_pages;
  stats.crashes = from.crashes;
  stats.retirements = from.retirements;
  stats.failed_starts = from.failed_starts;
  stats.timeouts = from.timeouts;
  stats.render_seconds = static_cast<double>(from.render_ns) / 1e9;
  return stats;
}

PoolStats& PoolStats::operator+=(const PoolStats& other) {
  leases += other.leases;
  leased += other.leased;
  waiting += other.waiting;
  ready += other.ready;
  browsers += other.browsers;
  pages += other.pages;
  failed_pages += other.failed_pages;
  crashes += other.crashes;
  retirements += other.retirements;
  failed_starts += other.failed_starts;
  timeouts += other.timeouts;
  render_seconds += other.render_seconds;
  return *this;
}

std::string Pool::protection() const {
  return core_->protection();
}

}  // namespace gvm::browser
