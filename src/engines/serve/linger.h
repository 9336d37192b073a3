#pragma once
// The end of a connection whose peer may still be sending: closing at once would reset it, and what
// was written last (a close frame, an HTTP answer) could be lost on the way.
#include <boost/asio/awaitable.hpp>

#include "serve/stream.h"

namespace gvm::serve {

// Sends FIN, then reads and drops until the peer closes. The caller bounds it by closing the
// stream.
asio::awaitable<void> linger(Stream& stream);

}  // namespace gvm::serve
