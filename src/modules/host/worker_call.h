#pragma once
// A call that computes or blocks, on a thread of a pool, while only its session waits.
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>

#include "base/error.h"
#include "base/value.h"

namespace gvm::host {

// `stop` becomes true when the result is wanted no more: the work then ends soon. An exception is
// the error INTERNAL.
using WorkerCall = std::function<Result<Value>(const std::atomic<bool>& stop)>;

// `drop` (may be empty) is called on the lane beside setting `stop`, for work that is interrupted
// in another way. A cancelled call answers when its work has ended: CANCELLED when the work had not
// begun. The frame of a call waits for its work when it is destroyed, so that the work may refer to
// what the caller owns; the pool must live until then.
boost::asio::awaitable<Result<Value>> on_worker(boost::asio::thread_pool& threads, WorkerCall call,
                                                std::function<void()> drop = {});

}  // namespace gvm::host
