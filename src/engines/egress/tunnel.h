#pragma once
// Copies bytes in both directions between two connected sockets, until both directions have ended.
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

#include "egress/proxy.h"

namespace gvm::egress {

struct TunnelHooks {
  // Called after each piece; false ends the tunnel.
  std::function<bool(std::size_t bytes)> from_client;
  std::function<bool(std::size_t bytes)> from_upstream;
};

// `first` is what the client has already sent. The caller owns both sockets and ends the tunnel by
// closing them; they must outlive the coroutine.
asio::awaitable<void> relay(Socket& client, Socket& upstream, std::string first, TunnelHooks hooks);

}  // namespace gvm::egress
