#pragma once
// Dials one of several addresses as RFC 8305 says: in turn, each attempt a little after the one
// before; the first connection is used.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <vector>

#include "base/deadline.h"
#include "base/error.h"
#include "egress/proxy.h"

namespace gvm::egress {

using Endpoint = asio::ip::tcp::endpoint;

// RFC 8305, 5: the pause between two attempts, unless the first has already failed.
inline constexpr std::chrono::milliseconds kAttemptDelay{250};

// `endpoints` in the resolver's order, IPv6 first; families alternate (RFC 8305, 4). The other
// attempts are cancelled. Errors: that of the last attempt, or DEADLINE_EXCEEDED.
asio::awaitable<Result<Socket>> dial_any(Dialer& dialer, asio::any_io_executor executor,
                                         std::vector<Endpoint> endpoints, Deadline deadline);

}  // namespace gvm::egress
