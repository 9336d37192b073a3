#pragma once
// The WebSocket framing (RFC 6455) after the opening handshake; no extensions.
#include <memory>

#include "serve/channel.h"

namespace gvm::serve {

// Both refer to `stream`, which outlives them.
std::unique_ptr<Channel> make_websocket_channel(Stream& stream, const ServerOptions& options,
                                                LaneCounters& counters);

}  // namespace gvm::serve
