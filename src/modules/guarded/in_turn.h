#pragma once
// Rules look at short texts on the lane and at long ones on the background thread, so that no text
// holds a lane for longer than some hundred microseconds.
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>

#include "base/error.h"
#include "base/size.h"

namespace gvm::guarded {

inline constexpr std::size_t kOnLaneBytes = 16 * kKiB;

// Runs `work`, which reads `bytes` of text and owns all that it reads and writes: when the wait is
// cancelled (CANCELLED), it may still run.
boost::asio::awaitable<Result<Value>> in_turn(std::size_t bytes,
                                              std::function<Result<Value>()> work);

// Of all strings in a value.
std::size_t text_bytes(const Value& value);

}  // namespace gvm::guarded
