#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/test_http_client.h"

namespace gvm::net {
namespace {

using namespace asio::experimental::awaitable_operators;

struct HttpCancel : ClientFixture {
  // Starts a request, cancels it once `when()` is true, and returns its result.
  template <class When>
  std::optional<HttpResult> cancelled(const std::string& url, When&& when) {
    asio::cancellation_signal signal;
    std::optional<HttpResult> outcome;
    asio::co_spawn(
        context, client.send(get(url), Deadline::never()),
        asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr, HttpResult result) {
          outcome = std::move(result);
        }));
    context.restart();
    const auto patience = Deadline::in(kPatience);
    while (!when() && !patience.expired()) context.run_one_for(milliseconds(1));
    signal.emit(asio::cancellation_type::terminal);
    context.restart();  // run_one() stops the context when the request ended first
    context.run_for(kPatience);
    return outcome;
  }
};

asio::awaitable<void> pause(milliseconds span) {
  asio::steady_timer timer(co_await asio::this_coro::executor, span);
  co_await timer.async_wait(asio::use_awaitable);
}

TEST_F(HttpCancel, ClosesTheUpstreamConnectionWithinFiftyMilliseconds) {
  const HttpServer server(always({.behaviour = Behaviour::hang}));
  Clock::time_point seen;
  const auto outcome = cancelled(server.url(), [&] {
    seen = Clock::now();
    return server.request_count() == 1;
  });
  EXPECT_TRUE(server.wait_for_open_connections(0, milliseconds(50)));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(verdict(*outcome), "CANCELLED/cancelled");
  EXPECT_EQ(client.stats().active, 0U);
}

TEST_F(HttpCancel, WorksWhileConnecting) {
  const test::UnacceptingPort port;
  int turns = 0;
  const auto outcome = cancelled(port.url(), [&] { return ++turns > 3; });
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(verdict(*outcome), "CANCELLED/cancelled");
}

TEST_F(HttpCancel, WorksWithinTheBody) {
  const HttpServer server(always({.body = "half and half", .behaviour = Behaviour::hang_in_body}));
  int turns = 0;
  const auto outcome =
      cancelled(server.url(), [&] { return server.request_count() == 1 && ++turns > 5; });
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(verdict(*outcome), "CANCELLED/cancelled");
  EXPECT_TRUE(server.wait_for_open_connections(0, milliseconds(50)));
}

TEST_F(HttpCancel, AtAnyMomentLeavesTheClientWorking) {
  const HttpServer server(
      always({.body = std::string(100'000, 'a'), .behaviour = Behaviour::chunked}));
  // Cancels after 0, 1, 2... iterations of the loop, until the request ends before it is cancelled.
  constexpr int kMostTurns = 1000;
  int allowed = 0;
  for (bool finished = false; !finished; ++allowed) {
    ASSERT_LT(allowed, kMostTurns);
    int turns = 0;
    const auto outcome = cancelled(server.url(), [&] { return turns++ >= allowed; });
    ASSERT_TRUE(outcome.has_value());
    finished = outcome->has_value();
    if (!finished) {
      EXPECT_EQ(outcome->error().code(), codes::kCancelled);
    }
    EXPECT_EQ(timeout_verdict(send(get(server.url()))), "status 200") << allowed;
  }
  EXPECT_GT(allowed, 1);
}

TEST_F(HttpCancel, LosingARaceCancels) {
  const HttpServer server(always({.behaviour = Behaviour::hang}));
  bool timer_won = false;
  const auto race = [&]() -> asio::awaitable<void> {
    auto request = get(server.url());
    auto sending = client.send(std::move(request), Deadline::never());
    auto waiting = pause(milliseconds(100));
    const auto winner = co_await (std::move(sending) || std::move(waiting));
    timer_won = winner.index() == 1;
  };
  asio::co_spawn(context, race(), [](std::exception_ptr failure) { EXPECT_FALSE(failure); });
  context.run_for(kPatience);
  EXPECT_TRUE(timer_won);
  EXPECT_TRUE(server.wait_for_open_connections(0, milliseconds(50)));
}

}  // namespace
}  // namespace gvm::net
