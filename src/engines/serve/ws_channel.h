#pragma once
// The WebSocket framing (RFC 6455) on Beast, permessage-deflate off.
#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <memory>

#include "serve/channel.h"

namespace gvm::serve {

using UpgradeRequest = boost::beast::http::request<boost::beast::http::empty_body>;

// Answers the upgrade request; a null pointer when it was refused (then Beast has said why) or the
// peer is gone.
asio::awaitable<std::unique_ptr<Channel>> accept_websocket(Stream& stream,
                                                           std::shared_ptr<UpgradeRequest> request,
                                                           const ServerOptions& options,
                                                           LaneCounters& counters);

}  // namespace gvm::serve
