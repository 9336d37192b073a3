#pragma once
// A call that computes or blocks, on a thread of a pool, while only its session waits.
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>

#include "base/error.h"
#include "base/value.h"

namespace gvm::host {

namespace asio = boost::asio;

// `stop` becomes true when the result is wanted no more: the work then ends soon. An exception is
// the error INTERNAL.
using WorkerCall = std::function<Result<Value>(const std::atomic<bool>& stop)>;

// A cancelled call answers when its work has ended: CANCELLED, unless
// the work was done by then. The frame of a call waits for its work when it is destroyed.
// The call must not own the pool: the last owner would be a thread of it.
asio::awaitable<Result<Value>> on_worker(std::shared_ptr<asio::thread_pool> threads,
                                         WorkerCall call);

}  // namespace gvm::host
