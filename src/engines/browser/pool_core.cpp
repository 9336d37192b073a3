#include "browser/pool_core.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/error_codes.h"
#include "browser/own_source.h"
#include "browser/remote_source.h"
#include "net/http_client.h"
#include "net/pause.h"

namespace gvm::browser {
namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
// Pause between two checks in check().
constexpr std::chrono::milliseconds kCheckPause{10};

void answer(const std::shared_ptr<LeaseRequest>& request, Result<Lease> result) {
  auto shared = std::make_shared<Result<Lease>>(std::move(result));
  asio::post(request->lane, [request, shared] {
    if (request->abandoned) return;  // `shared` releases the lease
    request->outcome = std::move(*shared);
    request->wake.cancel();
  });
}

Error no_session(std::string detail) {
  return Error(codes::kCreatingSession, Fatality::fatal, std::move(detail));
}

}  // namespace

PoolCore::PoolCore(asio::any_io_executor home, net::HttpClient& http, egress::Proxy* proxy,
                   PoolOptions options, log::Logger log)
    : home_(home),
      options_(std::move(options)),
      log_(std::move(log)),
      timer_(std::make_unique<asio::steady_timer>(home)),
      backoff_(options_.longest_backoff),
      tasks_(home) {
  if (options_.webdriver_host.empty()) {
    auto own = std::make_shared<OwnSource>(home, http, *proxy, options_, counters_, log_);
    own_ = own.get();
    source_ = std::move(own);
  } else {
    source_ = std::make_shared<RemoteSource>(http, options_);
  }
}

// Posted, because the source may be in the middle of an operation.
void PoolCore::begin() {
  source_->on_change([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self && !self->gone_) asio::post(self->home_, [self] { self->pump(); });
  });
  asio::post(home_, [self = shared_from_this()] { self->pump(); });
}

asio::awaitable<Result<Lease>> PoolCore::lease(net::HttpClient& http,
                                               std::shared_ptr<const egress::SlotPolicy> policy,
                                               Deadline deadline) {
  const auto executor = co_await asio::this_coro::executor;
  const auto self = shared_from_this();
  const auto request = std::make_shared<LeaseRequest>(executor);
  request->http = &http;
  request->policy = std::move(policy);
  request->until = Deadline::in(options_.queue_timeout).when();
  request->wake.expires_at(deadline.when());
  struct Abandon {
    std::shared_ptr<PoolCore> core;
    std::shared_ptr<LeaseRequest> request;
    ~Abandon() {
      request->abandoned = true;
      if (request->outcome || core->gone_) return;
      asio::post(core->home_, [c = core, w = request] { c->forget(w); });
    }
  };
  const Abandon abandon{self, request};
  asio::post(home_, [self, request] { self->enqueue(request); });
  const auto [stopped] = co_await request->wake.async_wait(kToken);
  if (request->outcome) co_return std::move(*request->outcome);
  if (stopped) co_return fail(codes::kCancelled, Fatality::fatal, "waiting for a browser");
  co_return fail(codes::kDeadlineExceeded, Fatality::fatal, "no browser became free in time");
}

void PoolCore::enqueue(std::shared_ptr<LeaseRequest> request) {
  if (stopping_) return answer(request, fail(no_session("the module is stopping")));
  if (queue_.size() >= options_.max_waiting)
    return answer(
        request,
        fail(no_session(fmt::format("{} sessions wait for a browser already", queue_.size()))));
  queue_.push_back(std::move(request));
  pump();
}

void PoolCore::forget(const std::shared_ptr<LeaseRequest>& request) {
  if (std::erase(queue_, request) > 0) show_counts();
}

// Does everything that is due. Called after every change.
void PoolCore::pump() {
  if (stopping_ || source_ == nullptr) return;
  drop_unusable();
  grant_ready();
  if (checking_ > 0 && fault()) refuse_all(*fault());
  prepare_more();
  arm();
  show_counts();
}

void PoolCore::drop_unusable() {
  for (std::size_t i = 0; i < ready_.size();) {
    if (source_->usable(ready_[i])) {
      ++i;
      continue;
    }
    Prepared dropped = std::move(ready_[i]);
    ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(i));
    tasks_.spawn(discard(shared_from_this(), std::move(dropped), SessionFate::usable, 0));
  }
}

void PoolCore::grant_ready() {
  while (!queue_.empty() && !ready_.empty()) {
    auto request = std::move(queue_.front());
    queue_.pop_front();
    Prepared prepared = std::move(ready_.front());
    ready_.pop_front();
    grant(std::move(request), std::move(prepared));
  }
}

void PoolCore::grant(std::shared_ptr<LeaseRequest> request, Prepared prepared) {
  const std::uint64_t id = ++last_id_;
  source_->open(prepared, request->policy);
  SessionInfo info = prepared.session;
  leased_.emplace(id, std::move(prepared));
  counters_.leases.fetch_add(1);
  Lease lease(shared_from_this(), *request->http, id, std::move(info));
  answer(request, std::move(lease));
}

void PoolCore::prepare_more() {
  const std::size_t wanted =
      queue_.size() + std::max(options_.min_warm, std::min<std::size_t>(checking_, 1));
  if (ready_.size() + preparing_ >= wanted || !backoff_.may_try()) return;
  source_->want(wanted - ready_.size() - preparing_);
  while (preparing_ < kMaxPreparing && ready_.size() + preparing_ < wanted) {
    const auto place = source_->reserve();
    if (!place) return;
    ++preparing_;
    tasks_.spawn(prepare(shared_from_this(), *place));
  }
}

asio::awaitable<void> PoolCore::prepare(std::shared_ptr<PoolCore> self, Place place) {
  const auto source = self->source_;
  const auto& options = self->options_;
  const auto limit = self->own_ != nullptr ? options.prepare_timeout : options.start_timeout;
  auto prepared = co_await source->prepare(place, Deadline::in(limit));
  --self->preparing_;
  if (prepared) {
    self->backoff_.worked();
    self->fault_.reset();
    self->ready_.push_back(std::move(*prepared));
    if (self->stopping_) co_return;
  } else if (!self->stopping_) {
    self->backoff_.failed();
    self->counters_.failed_starts.fetch_add(1);
    self->log_.warn("no browser session", {{"error", prepared.error().to_value()}});
    self->fault_ = std::move(prepared.error());
  }
  self->pump();
}

asio::awaitable<void> PoolCore::discard(std::shared_ptr<PoolCore> self, Prepared prepared,
                                        SessionFate fate, std::size_t pages) {
  const auto source = self->source_;
  co_await source->discard(std::move(prepared), fate, pages);
}

void PoolCore::release(std::uint64_t id, SessionFate fate, std::size_t pages) {
  if (gone_) return;
  asio::post(home_,
             [self = shared_from_this(), id, fate, pages] { self->take_back(id, fate, pages); });
}

void PoolCore::take_back(std::uint64_t id, SessionFate fate, std::size_t pages) {
  const auto at = leased_.find(id);
  if (at == leased_.end() || source_ == nullptr) return;
  Prepared prepared = std::move(at->second);
  leased_.erase(at);
  tasks_.spawn(discard(shared_from_this(), std::move(prepared), fate, pages));
  pump();
}

void PoolCore::refuse_late() {
  while (!queue_.empty() && queue_.front()->until <= Clock::now()) {
    counters_.timeouts.fetch_add(1);
    answer(queue_.front(), fail(none_free()));
    queue_.pop_front();
  }
}

void PoolCore::refuse_all(const Error& error) {
  for (const auto& request : queue_) answer(request, fail(error));
  queue_.clear();
}

std::optional<Error> PoolCore::fault() const {
  auto found = fault_ ? fault_ : source_->fault();
  if (!found) return found;
  Error error = no_session(options_.webdriver_host.empty()
                               ? "no browser of our own starts"
                               : "no session at webdriver_host " + options_.webdriver_host);
  error.add_cause(found->to_string());
  return error;
}

Error PoolCore::none_free() const {
  if (auto known = fault()) return std::move(*known);
  return no_session(fmt::format(
      "no browser became free in {} ms: {} sessions are in use; raise browser.max_browsers, "
      "browser.slots_per_browser, browser.max_sessions or browser.queue_timeout",
      options_.queue_timeout.count(), leased_.size()));
}

void PoolCore::arm() {
  auto due = Clock::now() + kTick;
  if (!queue_.empty()) due = std::min(due, queue_.front()->until);
  if (!queue_.empty() && !backoff_.may_try()) due = std::min(due, Clock::now() + Backoff::kFirst);
  timer_->expires_at(due);
  timer_->async_wait([weak = weak_from_this()](boost::system::error_code stopped) {
    const auto self = weak.lock();
    if (self && !stopped) self->on_timer();
  });
}

void PoolCore::on_timer() {
  if (stopping_ || source_ == nullptr) return;
  refuse_late();
  if (Clock::now() >= next_tick_) {
    next_tick_ = Clock::now() + kTick;
    source_->tick();
  }
  pump();
}

void PoolCore::show_counts() {
  counters_.leased = leased_.size();
  counters_.waiting = queue_.size();
  counters_.ready = ready_.size();
  counters_.browsers = source_ == nullptr ? 0 : source_->browsers();
}

asio::awaitable<Result<void>> PoolCore::check(Deadline deadline) {
  const auto self = shared_from_this();
  ++checking_;
  Result<void> result = fail(no_session("no browser started in time"));
  for (;;) {
    pump();
    if (!ready_.empty() || !leased_.empty()) result = Result<void>();
    if (result) break;
    if (auto known = fault()) result = fail(std::move(*known));
    if (fault() || deadline.expired() || stopping_) break;
    auto paused = co_await net::pause_until(sooner(deadline, Deadline::in(kCheckPause)));
    if (!paused) {
      result = std::move(paused);
      break;
    }
  }
  --checking_;
  co_return result;
}

asio::awaitable<void> PoolCore::stop() {
  const auto self = shared_from_this();
  stopping_ = true;
  timer_->cancel();
  refuse_all(no_session("the module is stopping"));
  auto ready = std::exchange(ready_, {});
  for (auto& prepared : ready)
    tasks_.spawn(discard(self, std::move(prepared), SessionFate::usable, 0));
  const auto source = source_;
  co_await source->stop();
  co_await tasks_.drain();
  // Sessions that were being prepared have ended meanwhile.
  ready = std::exchange(ready_, {});
  for (auto& prepared : ready)
    tasks_.spawn(discard(self, std::move(prepared), SessionFate::usable, 0));
  co_await tasks_.drain();
  show_counts();
}

void PoolCore::abandon() {
  gone_ = true;
  stopping_ = true;
  queue_.clear();
  ready_.clear();
  leased_.clear();
  timer_.reset();
  own_ = nullptr;
  source_.reset();
}

std::string PoolCore::protection() const {
  return own_ == nullptr ? std::string() : own_->protection();
}

}  // namespace gvm::browser
