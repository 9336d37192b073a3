#include "dispatch/permit.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/error_codes.h"

namespace gvm::dispatch {

namespace asio = boost::asio;

asio::awaitable<Result<std::optional<routing::Permit>>> enter(routing::PermitPool* pool,
                                                              Deadline deadline) {
  std::optional<routing::Permit> permit;
  if (pool == nullptr) co_return permit;
  permit = pool->try_enter();
  if (permit) co_return permit;
  const auto executor = co_await asio::this_coro::executor;
  // Shared with the callback, which may still run after this coroutine has ended.
  const auto wake = std::make_shared<asio::steady_timer>(executor, deadline.when());
  routing::Executor lane = [executor](std::function<void()> task) {
    asio::post(executor, std::move(task));
  };
  auto wait = pool->enter(std::move(lane), [wake] { wake->cancel(); });
  if (!wait)
    co_return fail(codes::kTooManySessions, Fatality::fatal,
                   "too many prompts wait for this backend (max_queue)");
  while (!wait->granted()) {
    constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
    const auto [stopped] = co_await wake->async_wait(kToken);
    if (wait->granted()) break;
    if (!stopped || deadline.expired())
      co_return fail(codes::kDeadlineExceeded, Fatality::fatal, "waiting for a backend");
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
      co_return fail(codes::kCancelled, Fatality::user, "waiting for a backend");
  }
  permit = wait->take();
  co_return permit;
}

}  // namespace gvm::dispatch
