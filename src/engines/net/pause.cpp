#include "net/pause.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/error_codes.h"

namespace gvm::net {

namespace asio = boost::asio;

asio::awaitable<Result<void>> pause_until(Deadline when) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor);
  timer.expires_at(when.when());
  constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
  const auto [failure] = co_await timer.async_wait(kToken);
  if (failure) co_return fail(codes::kCancelled, Fatality::fatal, "waiting was cancelled");
  co_return Result<void>();
}

}  // namespace gvm::net
