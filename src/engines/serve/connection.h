#pragma once
// A connection from accept to close: what the peer speaks is found out from its first byte, then it
// is an HTTP exchange or a session in one of the two framings.
#include <boost/asio/awaitable.hpp>
#include <memory>

#include "serve/gate.h"
#include "serve/hub.h"
#include "serve/stream.h"

namespace gvm::serve {

// On the hub's lane. Never throws for what a peer does.
asio::awaitable<void> serve_connection(std::shared_ptr<Hub> hub, Socket socket, Ticket ticket);

}  // namespace gvm::serve
