#include "egress/connection.h"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/read.hpp>
#include <utility>

#include "egress/request.h"
#include "egress/tunnel.h"

namespace gvm::egress {
namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
// Time for the browser to read the last answer and close.
constexpr std::chrono::milliseconds kLinger{2'000};
// The only answer a page gets when it must not, or cannot, reach a destination.
constexpr std::string_view kRefusal =
    "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
constexpr std::string_view kEstablished = "HTTP/1.1 200 OK\r\n\r\n";

Deadline within(std::chrono::milliseconds span) {
  return span.count() == 0 ? Deadline::never() : Deadline::in(span);
}

}  // namespace

Connection::Connection(std::shared_ptr<SlotState> slot, Socket client)
    : slot_(std::move(slot)),
      policy_(slot_->policy()),
      limits_(policy_ ? policy_->limits : SlotLimits()),
      client_(std::move(client)),
      upstream_(client_.get_executor()),
      watchdog_(client_.get_executor()) {}

Connection::~Connection() {
  slot_->forget(this);
}

void Connection::start() {
  expect_within(limits_.request_header);
  const auto done = [self = shared_from_this()](std::exception_ptr) {
    self->running_ = false;
    self->cut();
  };
  asio::co_spawn(client_.get_executor(), run(), asio::bind_cancellation_slot(cancel_.slot(), done));
}

void Connection::cut() {
  if (std::exchange(cut_, true)) return;
  slot_->gone(this);
  boost::system::error_code ignored;
  client_.close(ignored);
  upstream_.close(ignored);
  watchdog_.cancel();
  // Asio has destroyed the cancellation handler of a coroutine that has ended.
  if (!running_) return;
  cancel_.emit(asio::cancellation_type::terminal);
  // Outside of the executor's thread, emit() only queues the cancellation, with a pointer into
  // `cancel_`. This object must live until the queue has run.
  asio::post(client_.get_executor(), [self = shared_from_this()] {});
}

void Connection::expect_within(std::chrono::milliseconds span) {
  due_ = span.count() == 0 ? Clock::time_point::max() : Clock::now() + span;
  if (!armed_ || watchdog_.expiry() > due_) arm();
}

void Connection::arm() {
  if (cut_ || due_ == Clock::time_point::max()) return;
  armed_ = true;
  watchdog_.expires_at(due_);
  watchdog_.async_wait([weak = weak_from_this()](auto error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->armed_ = false;
    if (Clock::now() >= self->due_) return self->cut();
    self->arm();
  });
}

asio::awaitable<void> Connection::run() {
  auto request = std::make_unique<Request>();
  request->parser.header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
  request->parser.body_limit(boost::none);
  const auto [error, count] =
      co_await http::async_read_header(client_, request->buffer, request->parser, kToken);
  (void)count;
  if (error == http::error::end_of_stream) co_return;
  if (error) {
    slot_->note_refusal(RefusalReason::malformed, "", error.message());
    auto refusing = refuse();
    co_await std::move(refusing);
    co_return;
  }
  auto serving = serve(std::move(request));
  co_await std::move(serving);
}

asio::awaitable<void> Connection::serve(std::unique_ptr<Request> request) {
  const bool is_tunnel = request->parser.get().method() == http::verb::connect;
  const std::string target(view_of(request->parser.get().target()));
  auto destination = is_tunnel ? of_tunnel(target) : of_request(target);
  bool reached = false;
  if (!destination) {
    slot_->note_refusal(policy_ ? RefusalReason::malformed : RefusalReason::closed,
                        target.substr(0, 64), "no destination");
  } else {
    auto reaching = reach(std::move(*destination));
    reached = co_await std::move(reaching);
  }
  auto rest = !reached    ? refuse()
              : is_tunnel ? tunnel(std::move(request))
                          : forward(std::move(request));
  co_await std::move(rest);
}

asio::awaitable<bool> Connection::reach(Destination destination) {
  const std::string name = destination.to_string();
  if (!policy_) {
    slot_->note_refusal(RefusalReason::closed, name, "");
    co_return false;
  }
  if (const auto limit = slot_->over_limit(); !limit.empty()) {
    slot_->note_refusal(RefusalReason::limit, name, limit);
    co_return false;
  }
  expect_within(std::chrono::milliseconds(0));  // checking and dialling have deadlines of their own
  auto judging = judge(slot_->core().resolver, policy_, std::move(destination));
  auto verdict = co_await std::move(judging);
  if (verdict.endpoints.empty()) {
    slot_->note_refusal(verdict.reason, name, verdict.detail);
    co_return false;
  }
  auto dialling = dial_any(slot_->core().dialer, client_.get_executor(),
                           std::move(verdict.endpoints), within(limits_.connect));
  auto dialled = co_await std::move(dialling);
  if (!dialled) {
    slot_->note_refusal(RefusalReason::connect, name, dialled.error().to_string());
    co_return false;
  }
  upstream_ = std::move(*dialled);
  ++slot_->usage().dialled;
  expect_within(limits_.idle);
  co_return true;
}

asio::awaitable<void> Connection::refuse() {
  expect_within(kLinger);
  const auto bytes = asio::buffer(kRefusal);
  const auto [error, count] = co_await asio::async_write(client_, bytes, kToken);
  (void)count;
  if (error) co_return;
  auto ending = linger();
  co_await std::move(ending);
}

// Closing at once could reset the connection and lose the last answer.
asio::awaitable<void> Connection::linger() {
  boost::system::error_code ignored;
  client_.shutdown(Socket::shutdown_send, ignored);
  expect_within(kLinger);
  std::array<char, 4096> dropped;
  for (;;) {
    const auto into = asio::buffer(dropped);
    const auto [error, count] = co_await client_.async_read_some(into, kToken);
    if (error || count == 0) co_return;
  }
}

asio::awaitable<void> Connection::tunnel(std::unique_ptr<Request> request) {
  const auto bytes = asio::buffer(kEstablished);
  const auto [error, count] = co_await asio::async_write(client_, bytes, kToken);
  (void)count;
  if (error) co_return;
  std::string first = beast::buffers_to_string(request->buffer.data());
  request.reset();
  const auto self = shared_from_this();
  TunnelHooks hooks;
  hooks.from_client = [self](std::size_t n) {
    self->expect_within(self->limits_.idle);
    return self->slot_->count_out(n);
  };
  hooks.from_upstream = [self](std::size_t n) {
    self->expect_within(self->limits_.idle);
    return self->slot_->count_in(n);
  };
  auto relaying = relay(client_, upstream_, std::move(first), std::move(hooks));
  co_await std::move(relaying);
}

}  // namespace gvm::egress
