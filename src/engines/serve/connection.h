#pragma once
// A connection from accept to close: what the peer speaks is found out from its first byte, then it
// is an HTTP exchange or a session in one of the two framings.
#include <boost/asio/awaitable.hpp>
#include <memory>

#include "serve/connection_limits.h"
#include "serve/connection_registry.h"
#include "serve/door.h"
#include "serve/stream.h"

namespace gvm::serve {

// On the registry's lane. Never throws for what a peer does.
asio::awaitable<void> serve_connection(std::shared_ptr<ConnectionRegistry> registry, Socket socket,
                                       Admission admission, Door door);

}  // namespace gvm::serve
