#pragma once
// Rules look at short texts on the lane and at long ones on the background thread. What a short
// text costs depends on the rules too: a look that would take too long there begins anew on the
// background thread.
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>

#include "base/error.h"
#include "base/size.h"
#include "guard/effort.h"

namespace gvm::guarded {

inline constexpr std::size_t kOnLaneBytes = 16 * kKiB;
inline constexpr std::uint64_t kOnLaneEffort = 20'000'000;

// Looks at `bytes` of text, and owns all that it reads and writes: when the wait is cancelled
// (CANCELLED), it may still run. Once the effort is exhausted its result counts for nothing and it
// is called again without one: it begins with what it was given, not with what it has made of that.
using Look = std::function<Result<Value>(guard::Effort* effort)>;
boost::asio::awaitable<Result<Value>> in_turn(std::size_t bytes, Look look);

// The same of work whose cost is only a matter of the bytes.
boost::asio::awaitable<Result<Value>> in_turn(std::size_t bytes,
                                              std::function<Result<Value>()> work);

// Of all strings in a value, and something for everything in its lists and maps.
std::size_t text_bytes(const Value& value);

}  // namespace gvm::guarded
