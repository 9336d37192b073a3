#include "serve/page_call.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

namespace gvm::serve {

asio::awaitable<std::optional<HttpAnswer>> PageCall::run(asio::awaitable<HttpAnswer> page) {
  running_ = true;
  auto on_end = [this](const std::exception_ptr& failure, HttpAnswer answer) {
    if (!failure) answer_ = std::move(answer);
    running_ = false;
    ended_.set();
  };
  asio::co_spawn(stream_.socket().get_executor(), std::move(page),
                 asio::bind_cancellation_slot(signal_.slot(), std::move(on_end)));
  self_ = std::make_shared<PageCall*>(this);
  watch_peer();
  while (running_) {
    auto waiting = ended_.wait();
    co_await std::move(waiting);
  }
  *std::exchange(self_, nullptr) = nullptr;
  boost::system::error_code ignored;
  stream_.socket().cancel(ignored);  // the watch
  co_return std::move(answer_);
}

void PageCall::cancel() {
  if (running_) signal_.emit(asio::cancellation_type::terminal);
}

// Waits once. What the peer sends meanwhile is not read, and a later close is not noticed.
void PageCall::watch_peer() {
  stream_.socket().async_wait(Socket::wait_read,
                              [self = self_](const boost::system::error_code& error) {
                                PageCall* call = *self;
                                if (error || call == nullptr) return;
                                if (call->stream_.peer_vanished()) call->cancel();
                              });
}

}  // namespace gvm::serve
