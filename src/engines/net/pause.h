#pragma once
// Waiting for a point in time.
#include <boost/asio/awaitable.hpp>

#include "base/deadline.h"
#include "base/error.h"

namespace gvm::net {

// CANCELLED when the awaiting coroutine was cancelled.
boost::asio::awaitable<Result<void>> pause_until(Deadline when);

}  // namespace gvm::net
