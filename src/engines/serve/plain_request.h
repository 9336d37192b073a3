#pragma once
// What an HTTP request that opens no session is answered with: /health, and for those who may watch
// the module /metrics, the status page and the parts of it.
#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/verb.hpp>
#include <optional>
#include <string_view>

#include "serve/core.h"
#include "serve/door.h"
#include "serve/http_answer.h"
#include "serve/watch_rules.h"

namespace gvm::serve {

struct PlainRequest {
  boost::beast::http::verb method = boost::beast::http::verb::get;
  std::string_view target;
  Watcher watcher;
  Door door = Door::sessions;
};

struct PlainAnswer {
  HttpAnswer now;
  std::optional<boost::asio::awaitable<HttpAnswer>> later = {};  // in place of `now`
  std::optional<RefusalReason> refused = {};                     // to be counted
};

// With an admin address the session port answers /health only, and that briefly: load balancers and
// orchestrators ask the port that they send sessions to.
PlainAnswer answer_plain(Core& core, const PlainRequest& request);

}  // namespace gvm::serve
