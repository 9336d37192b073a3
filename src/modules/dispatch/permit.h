#pragma once
// Waits for a permit of a backend with a limit on calls at once.
#include <boost/asio/awaitable.hpp>
#include <optional>

#include "base/deadline.h"
#include "base/error.h"
#include "routing/permits.h"

namespace gvm::dispatch {

// Empty at once when there is no pool. Errors: CANCELLED, DEADLINE_EXCEEDED, TOO_MANY_SESSIONS when
// the queue is full.
boost::asio::awaitable<Result<std::optional<routing::Permit>>> enter(routing::PermitPool* pool,
                                                                     Deadline deadline);

}  // namespace gvm::dispatch
