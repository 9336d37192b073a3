#include "net/http_driver.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/error.hpp>

namespace gvm::net {
namespace {

constexpr std::size_t kMaxIdleExchanges = 256;  // kept for reuse, about 7 KiB each
constexpr Clock::time_point kNever = Clock::time_point::max();

void count(std::atomic<std::size_t>& counter, std::size_t by = 1) {
  counter.fetch_add(by, std::memory_order_relaxed);
}

}  // namespace

HttpDriver::HttpDriver(asio::io_context& context, HttpClientOptions options)
    : context_(context),
      options_(std::move(options)),
      sockets_(context, [this](curl_socket_t fd, int bits) { drive(fd, bits); }),
      timer_(context),
      share_(made(ShareHandle(curl_share_init()), "a share handle")),
      multi_(made(MultiHandle(curl_multi_init()), "a multi handle")) {
  // The multi handle already shares connections and names. Only one thread uses this, so no locks
  // are needed.
  curl_share_setopt(share_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  set_option(multi_, CURLMOPT_SOCKETFUNCTION, &HttpDriver::on_socket);
  set_option(multi_, CURLMOPT_SOCKETDATA, this);
  set_option(multi_, CURLMOPT_TIMERFUNCTION, &HttpDriver::on_curl_timer);
  set_option(multi_, CURLMOPT_TIMERDATA, this);
  set_option(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
  set_option(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, static_cast<long>(options_.max_connections));
  set_option(multi_, CURLMOPT_MAX_HOST_CONNECTIONS,
             static_cast<long>(options_.max_connections_per_host));
  set_option(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options_.max_idle_connections));
}

HttpDriver::~HttpDriver() {
  alive_.reset();
  for (auto& [when, exchange] : running_) {
    exchange->waiter.slot.clear();
    curl_multi_remove_handle(multi_.get(), exchange->easy());
  }
  running_.clear();
  idle_.clear();
  multi_.reset();  // closes the pooled connections, through close_socket
  sockets_.release_all();
}

HttpClientStats HttpDriver::stats() const {
  return {active_.load(std::memory_order_relaxed), opened_.load(std::memory_order_relaxed),
          reused_.load(std::memory_order_relaxed)};
}

void HttpDriver::start(const HttpRequest& request, Deadline deadline, Waiter waiter) {
  const auto refuse = [&waiter](HttpFailure failure) {
    note_progress(failure);
    waiter.outcome->emplace(std::unexpected(std::move(failure)));
    waiter.resume();
  };
  if (deadline.expired()) return refuse(timeout_error(TimeoutKind::deadline, {}, request.url));
  auto exchange = take_idle();
  if (auto failure = exchange->prepare(request, deadline)) {
    keep(std::move(exchange));
    return refuse(std::move(*failure));
  }
  exchange->waiter = std::move(waiter);
  launch(std::move(exchange));
}

// The first step is taken immediately: on a pooled connection the request has been sent when this
// returns.
void HttpDriver::launch(std::unique_ptr<Exchange> idle) {
  Exchange& exchange = *idle;
  if (running_.empty()) work_.emplace(context_.get_executor());
  exchange.entry = running_.emplace(exchange.due().when, std::move(idle));
  count(active_);
  if (exchange.waiter.slot.is_connected()) {
    exchange.waiter.slot.assign(Canceller{this, &exchange});
  }
  const CURLMcode added = curl_multi_add_handle(multi_.get(), exchange.easy());
  if (added != CURLM_OK) return complete(exchange, exchange.finished(CURLE_OUT_OF_MEMORY));
  drive(CURL_SOCKET_TIMEOUT, 0);
}

void HttpDriver::cancel(Exchange& exchange) {
  exchange.waiter.slot = {};  // the slot's handler is running, so it must not be cleared
  detach(exchange);
  complete(exchange, std::unexpected(exchange.cancelled()));
  arm();
}

// Removes the exchange from libcurl. This closes the connection of an unfinished HTTP/1 exchange,
// and resets the stream of an HTTP/2 one.
void HttpDriver::detach(Exchange& exchange) {
  curl_multi_remove_handle(multi_.get(), exchange.easy());
}

void HttpDriver::complete(Exchange& exchange, HttpResult result) {
  Waiter waiter = std::exchange(exchange.waiter, Waiter());
  if (waiter.slot.is_connected()) waiter.slot.clear();
  auto node = running_.extract(*exchange.entry);
  exchange.entry.reset();
  keep(std::move(node.mapped()));
  active_.fetch_sub(1, std::memory_order_relaxed);
  if (result && result->reused_connection) count(reused_);
  waiter.outcome->emplace(std::move(result));
  waiter.resume();
  if (running_.empty()) rest();
}

std::unique_ptr<Exchange> HttpDriver::take_idle() {
  if (idle_.empty()) return std::make_unique<Exchange>(*this, options_, share_);
  auto exchange = std::move(idle_.back());
  idle_.pop_back();
  return exchange;
}

void HttpDriver::keep(std::unique_ptr<Exchange> idle) {
  if (idle_.size() < kMaxIdleExchanges) idle_.push_back(std::move(idle));
}

void HttpDriver::drive(curl_socket_t fd, int bits) {
  if (fd == CURL_SOCKET_TIMEOUT) curl_due_ = kNever;
  int running = 0;
  curl_multi_socket_action(multi_.get(), fd, bits, &running);
  harvest();
  arm();
}

void HttpDriver::harvest() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;  // read before the handle is removed
    char* stored = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &stored);
    auto& exchange = *reinterpret_cast<Exchange*>(stored);
    detach(exchange);
    if (exchange.wants_another_connection(code)) {
      curl_multi_add_handle(multi_.get(), exchange.easy());
    } else {
      complete(exchange, exchange.finished(code));
    }
  }
}

void HttpDriver::on_timer() {
  const auto now = Clock::now();
  if (curl_due_ <= now) drive(CURL_SOCKET_TIMEOUT, 0);
  expire(now);
  arm();
}

// Progress postpones the time at which an exchange is due, but does not move its entry; the entry
// is moved here.
void HttpDriver::expire(Clock::time_point now) {
  while (!running_.empty() && running_.begin()->first <= now) {
    Exchange& exchange = *running_.begin()->second;
    const auto due = exchange.due();
    if (due.when <= now && !exchange.excused(due.kind, now)) {
      detach(exchange);
      complete(exchange, std::unexpected(exchange.timed_out(due.kind)));
    } else {
      due_moved(exchange);
    }
  }
}

// One timer for all exchanges. It is moved only when something is due earlier: most requests end
// without touching it.
void HttpDriver::arm() {
  const auto next = running_.empty() ? kNever : std::min(curl_due_, running_.begin()->first);
  if (next >= armed_) return;
  armed_ = next;
  timer_.expires_at(next);
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& ec) {
    if (ec || alive.expired()) return;
    armed_ = kNever;
    on_timer();
  });
}

// When nothing runs, the io_context must be able to return from run().
void HttpDriver::rest() {
  work_.reset();
  if (armed_ != kNever) timer_.cancel();
  armed_ = kNever;
}

int HttpDriver::on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
  static_cast<HttpDriver*>(self)->sockets_.want(fd, what);
  return 0;
}

int HttpDriver::on_curl_timer(CURLM*, long timeout_ms, void* self) {
  auto& driver = *static_cast<HttpDriver*>(self);
  driver.curl_due_ = timeout_ms < 0 ? kNever : Clock::now() + std::chrono::milliseconds(timeout_ms);
  return 0;
}

void HttpDriver::due_moved(Exchange& exchange) {
  auto node = running_.extract(*exchange.entry);
  node.key() = exchange.due().when;
  exchange.entry = running_.insert(std::move(node));
}

bool HttpDriver::socket_opened(curl_socket_t fd) {
  if (!sockets_.opened(fd)) return false;
  count(opened_);
  return true;
}

void HttpDriver::close_socket(curl_socket_t fd) {
  for (const auto& [when, exchange] : running_) exchange->closing(fd);
  sockets_.close(fd);
}

curl_socket_t HttpDriver::connected(const ConnectionKey& route,
                                    const std::vector<curl_socket_t>& candidates) {
  return sockets_.connected(route, candidates);
}

void HttpDriver::idle_http1(curl_socket_t fd) {
  sockets_.idle(fd);
}

bool HttpDriver::has_unasked_input(curl_socket_t fd) {
  return sockets_.end_idle(fd);
}

bool HttpDriver::proxy_address_allowed(const sockaddr& address) const {
  return !options_.allow_proxy_address || options_.allow_proxy_address(address);
}

bool HttpDriver::address_allowed(const sockaddr& address) const {
  return !options_.allow_address || options_.allow_address(address);
}

}  // namespace gvm::net
