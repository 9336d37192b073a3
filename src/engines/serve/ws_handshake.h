#pragma once
// The server's side of the WebSocket opening handshake (RFC 6455, 4.2). Pure.
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <expected>
#include <string>
#include <string_view>

#include "serve/http_pages.h"

namespace gvm::serve {

using UpgradeRequest = boost::beast::http::request<boost::beast::http::empty_body>;

// The whole answer that opens the connection, or the page that says why it is not opened. `server`
// is the value of the header Server. No extension and no subprotocol is agreed on.
std::expected<std::string, HttpAnswer> websocket_answer(const UpgradeRequest& request,
                                                        std::string_view server);

// Value of Sec-WebSocket-Accept for a key.
std::string websocket_accept(std::string_view key);

}  // namespace gvm::serve
