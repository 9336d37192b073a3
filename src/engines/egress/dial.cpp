#include "egress/dial.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <memory>
#include <optional>

#include "base/error_codes.h"

namespace gvm::egress {
namespace {

using Timer = asio::basic_waitable_timer<Clock>;

Error connect_error(const std::string& why) {
  Error error(codes::kSendingRequest, Fatality::fatal, "connecting: " + why);
  error.with("kind", Value::string("connect"));
  return error;
}

Error too_late() {
  Error error(codes::kDeadlineExceeded, Fatality::fatal, "connecting took too long");
  error.with("timeout", Value::string("connect"));
  return error;
}

std::vector<Endpoint> alternating(std::vector<Endpoint> endpoints) {
  std::deque<Endpoint> v6;
  std::deque<Endpoint> v4;
  for (auto& endpoint : endpoints) (endpoint.address().is_v6() ? v6 : v4).push_back(endpoint);
  std::vector<Endpoint> out;
  while (!v6.empty() || !v4.empty()) {
    for (auto* family : {&v6, &v4}) {
      if (family->empty()) continue;
      out.push_back(family->front());
      family->pop_front();
    }
  }
  return out;
}

// Shared with the attempts, which may end after the race.
struct Race {
  explicit Race(const asio::any_io_executor& executor) : wake(executor) {}

  bool open() const { return !winner && failed < started; }
  void finish(Result<Socket> outcome) {
    if (outcome) {
      if (!winner) winner = std::move(*outcome);
    } else {
      ++failed;
      error = std::move(outcome.error());
    }
    wake.cancel();
  }

  Timer wake;
  struct Attempt {
    asio::cancellation_signal cancel;
    bool running = true;
  };
  std::deque<Attempt> attempts;
  std::size_t started = 0;
  std::size_t failed = 0;
  std::optional<Socket> winner;
  std::optional<Error> error;
};

asio::awaitable<void> attempt(std::shared_ptr<Race> race, Dialer& dialer, Endpoint endpoint,
                              Deadline deadline) {
  auto dialling = dialer.dial(endpoint, deadline);
  auto outcome = co_await std::move(dialling);
  race->finish(std::move(outcome));
}

// Cancels the attempts that are still under way, however the race ends.
struct CancelRest {
  explicit CancelRest(std::shared_ptr<Race> r) : race(std::move(r)) {}
  ~CancelRest() {
    // An attempt that has ended must not be cancelled, because its cancellation handler no longer
    // exists.
    for (auto& each : race->attempts) {
      if (each.running) each.cancel.emit(asio::cancellation_type::terminal);
    }
    // Outside of the executor's thread the cancellation is only queued, with pointers into the
    // signals. The race must live until the queue has run.
    asio::post(race->wake.get_executor(), [kept = race] {});
  }
  CancelRest(const CancelRest&) = delete;
  CancelRest& operator=(const CancelRest&) = delete;
  std::shared_ptr<Race> race;
};

void start(const std::shared_ptr<Race>& race, Dialer& dialer, const asio::any_io_executor& executor,
           const Endpoint& endpoint, Deadline deadline) {
  ++race->started;
  auto& own = race->attempts.emplace_back();
  asio::co_spawn(
      executor, attempt(race, dialer, endpoint, deadline),
      asio::bind_cancellation_slot(own.cancel.slot(), [race, &own](std::exception_ptr failure) {
        own.running = false;
        if (failure) race->finish(fail(connect_error("cancelled")));
      }));
}

}  // namespace

asio::awaitable<Result<Socket>> dial_any(Dialer& dialer, asio::any_io_executor executor,
                                         std::vector<Endpoint> endpoints, Deadline deadline) {
  endpoints = alternating(std::move(endpoints));
  const auto race = std::make_shared<Race>(executor);
  const CancelRest cancel_rest(race);
  for (std::size_t next = 0; !race->winner;) {
    const bool more = next < endpoints.size();
    if (more && !deadline.expired()) start(race, dialer, executor, endpoints[next++], deadline);
    if (!race->open() && next >= endpoints.size()) break;
    const Deadline pause =
        next < endpoints.size() ? sooner(deadline, Deadline::in(kAttemptDelay)) : deadline;
    const std::size_t failed = race->failed;
    while (!race->winner && race->failed == failed && !pause.expired()) {
      race->wake.expires_at(pause.when());
      const auto [ignored] = co_await race->wake.async_wait(asio::as_tuple(asio::use_awaitable));
      (void)ignored;
      const auto state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none)
        co_return fail(codes::kCancelled, Fatality::fatal, "connecting");
    }
    if (!race->winner && deadline.expired()) co_return fail(too_late());
  }
  if (race->winner) co_return std::move(*race->winner);
  if (race->error) co_return fail(*race->error);
  co_return fail(connect_error("no address"));
}

asio::awaitable<Result<Socket>> DirectDialer::dial(Endpoint endpoint, Deadline deadline) {
  // Shared with the timer, whose handler may run after this frame was destroyed.
  const auto socket = std::make_shared<Socket>(executor_);
  Timer timer(executor_, deadline.when());
  timer.async_wait([socket](boost::system::error_code error) {
    boost::system::error_code ignored;
    if (!error) socket->close(ignored);
  });
  const auto [error] =
      co_await socket->async_connect(endpoint, asio::as_tuple(asio::use_awaitable));
  if (deadline.expired()) co_return fail(too_late());
  if (error) co_return fail(connect_error(error.message()));
  boost::system::error_code ignored;
  socket->set_option(asio::ip::tcp::no_delay(true), ignored);
  co_return std::move(*socket);
}

}  // namespace gvm::egress
