#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cmath>

#include "base/error_codes.h"
#include "host/arguments.h"
#include "host/functions.h"

namespace gvm::host {

namespace {

namespace asio = boost::asio;

asio::awaitable<Result<Value>> sleep_seconds(Args args, std::chrono::seconds longest) {
  const auto seconds = Arguments("lib.rs.sleep_seconds", args)
                           .number(0, "seconds", 0, static_cast<double>(longest.count()));
  if (!seconds) co_return fail(seconds.error());
  const auto span =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(*seconds));
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor);
  timer.expires_after(span);
  constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
  const auto [error] = co_await timer.async_wait(kToken);
  if (error) {
    co_return fail(codes::kCancelled, Fatality::fatal, "lib.rs.sleep_seconds was cancelled");
  }
  co_return Value::null();
}

Result<Value> monotonic_ms(script::Session&, Args&) {
  const auto now = Clock::now().time_since_epoch();
  const auto span = std::chrono::duration_cast<std::chrono::milliseconds>(now);
  return Value::integer(span.count());
}

}  // namespace

void add_time_functions(script::HostTable& table, const Limits& limits) {
  const auto longest = limits.longest_sleep;
  table.functions.push_back(
      {kCommonLibrary, "sleep_seconds", "fun(seconds: number)",
       "Suspends this session only, for 0 to 600 seconds; fractions count. Ends early when the "
       "request is cancelled.",
       script::HostFunction::Async([longest](script::Session&, Args args) {
         return sleep_seconds(std::move(args), longest);
       })});
  table.functions.push_back({kCommonLibrary, "monotonic_ms", "fun(): integer",
                             "Milliseconds of a clock that never goes back; only differences mean "
                             "anything.",
                             monotonic_ms});
}

}  // namespace gvm::host
