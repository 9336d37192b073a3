#pragma once
// One HTTP request that the product answers itself and that may take its time. Ends early when the
// peer goes or the server stops. On the connection's lane; internal to serve/.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <memory>
#include <optional>

#include "serve/event.h"
#include "serve/http_answer.h"
#include "serve/stream.h"

namespace gvm::serve {

class PageCall {
 public:
  explicit PageCall(Stream& stream) : stream_(stream), ended_(stream.socket().get_executor()) {}
  PageCall(const PageCall&) = delete;
  PageCall& operator=(const PageCall&) = delete;

  // Empty when the page failed by an exception. Call once.
  asio::awaitable<std::optional<HttpAnswer>> run(asio::awaitable<HttpAnswer> page);
  void cancel();

 private:
  void watch_peer();

  Stream& stream_;
  Event ended_;
  bool running_ = false;
  std::optional<HttpAnswer> answer_;
  asio::cancellation_signal signal_;
  std::shared_ptr<PageCall*> self_;  // null once the call is over: the watch may come later
};

}  // namespace gvm::serve
