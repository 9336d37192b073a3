#pragma once
// Waiting for a place at a backend that takes only so many calls at once.
#include <boost/asio/awaitable.hpp>
#include <optional>

#include "base/deadline.h"
#include "base/error.h"
#include "routing/permits.h"

namespace gvm::dispatch {

// Empty at once when there is no gate. Errors: CANCELLED, DEADLINE_EXCEEDED, TOO_MANY_SESSIONS when
// the queue is full.
boost::asio::awaitable<Result<std::optional<routing::Permit>>> enter(routing::Gate* gate,
                                                                     Deadline deadline);

}  // namespace gvm::dispatch
