#include "browser/tasks.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

namespace gvm::browser {

namespace asio = boost::asio;

void Tasks::spawn(asio::awaitable<void> work) {
  ++state_->running;
  asio::co_spawn(state_->executor, std::move(work),
                 [state = state_](const std::exception_ptr& failure) {
                   if (--state->running == 0) state->ended.cancel();
                   if (failure) std::rethrow_exception(failure);
                 });
}

asio::awaitable<void> Tasks::drain() {
  const auto state = state_;
  constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
  while (state->running > 0) {
    state->ended.expires_at(asio::steady_timer::time_point::max());
    const auto [ended] = co_await state->ended.async_wait(kToken);
    (void)ended;
  }
}

}  // namespace gvm::browser
