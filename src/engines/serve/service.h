#pragma once
// What a product (the LLM or the web module) gives the server: one SessionHandler a connection.
// `serve` handles frames, order, limits and deadlines; the handler interprets the messages.
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/error.h"
#include "base/metrics.h"
#include "net/lane.h"
#include "serve/http_answer.h"

namespace gvm::serve {

namespace asio = boost::asio;

class SessionHandler {
 public:
  virtual ~SessionHandler() = default;

  // The first message. An error closes the connection (1007 for MALFORMED_CALLDATA, 1002
  // otherwise). Cheap: the Lua state is made on the first request, so a connected session that asks
  // nothing stays small.
  virtual Result<void> hello(std::string frame) = 0;

  // After hello(): the token that the hello held, which is removed, so that no script sees it.
  // Empty: none. Called only when the port needs one.
  virtual std::string take_token() { return {}; }

  // One request, one encoded reply. Never two at once. Bad input, script and upstream failures are
  // replies, not exceptions. Cancelling the awaiting coroutine (peer gone, shutdown) cancels
  // everything started outside.
  virtual asio::awaitable<std::string> request(std::string frame, Deadline deadline) = 0;

  // The reply for a request that hit its deadline: request() was cancelled and the session goes on.
  virtual std::string deadline_reply() = 0;

  // The reply for a request that is not begun because the process is overloaded. Cheap: this is
  // what an overloaded process mostly does.
  virtual std::string refusal_reply(Error error) = 0;

  // True when the session cannot go on (its script used up its memory or CPU limit): the server
  // sends the reply it has and closes with 1011.
  virtual bool ended() const { return false; }

  // After the last request (the script's Teardown). Not called when hello failed.
  virtual asio::awaitable<void> finish(Deadline deadline) = 0;
};

class Service {
 public:
  virtual ~Service() = default;
  // On the lane's thread.
  virtual std::unique_ptr<SessionHandler> open(net::Lane& lane, std::uint64_t session_id) = 0;
  // The FatalError message that tells a peer of the length-prefixed framing why it is turned away
  // or closed (that framing has no close codes). Empty: it is closed without a message. Thread
  // safe.
  virtual std::string fatal_reply(const Error& error) {
    (void)error;
    return {};
  }
  // The product's own metrics, for /metrics. Thread safe.
  virtual void collect_metrics(metrics::Exposition& out) = 0;
  // JSON object for /health beside the common fields; `healthy` false makes it 503. Thread safe.
  struct Health {
    bool healthy = true;
    Value details = Value::map();
  };
  virtual Health health() = 0;
  // A part of the status page that the product makes: what GET /status/NAME?QUERY is answered with,
  // for visitors whom the page is shown to. On a lane's thread, which it must not block; cancelled
  // when the peer goes. Nothing: there is no such part. `target` lives until this returns.
  virtual std::optional<asio::awaitable<HttpAnswer>> status_part(std::string_view target) {
    (void)target;
    return std::nullopt;
  }
};

}  // namespace gvm::serve
