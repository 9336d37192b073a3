#pragma once
// Closes a connection whose peer may still be sending. Closing at once would reset the connection,
// and the last bytes written (a close frame, an HTTP answer) could be lost.
#include <boost/asio/awaitable.hpp>

#include "serve/stream.h"

namespace gvm::serve {

// Sends FIN, then reads and drops until the peer closes. The caller bounds it by closing the
// stream.
asio::awaitable<void> linger(Stream& stream);

}  // namespace gvm::serve
