#pragma once
// One of several addresses, the way RFC 8305 dials them: in turn, each a little after the one
// before, and the first that answers wins.
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

// RFC 8305, 5: between two attempts, unless the one before has failed already.
inline constexpr std::chrono::milliseconds kAttemptDelay{250};

// `endpoints` in the resolver's order, IPv6 first; families alternate (RFC 8305, 4). Attempts that
// did not win are cancelled. The last attempt's error, or DEADLINE_EXCEEDED.
asio::awaitable<Result<Socket>> dial_any(Dialer& dialer, asio::any_io_executor executor,
                                         std::vector<Endpoint> endpoints, Deadline deadline);

}  // namespace gvm::egress
