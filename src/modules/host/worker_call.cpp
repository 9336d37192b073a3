#include "host/worker_call.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <latch>
#include <memory>
#include <optional>
#include <utility>

#include "base/error_codes.h"

namespace gvm::host {
namespace {

namespace asio = boost::asio;

struct Job {
  Job(WorkerCall to_do, std::function<void()> to_drop, const asio::any_io_executor& lane)
      : call(std::move(to_do)),
        drop(std::move(to_drop)),
        timer(std::in_place, lane, asio::steady_timer::time_point::max()) {}

  WorkerCall call;
  std::function<void()> drop;
  Result<Value> result = fail(codes::kCancelled, Fatality::fatal, "the call was cancelled");
  std::atomic<bool> stop = false;
  bool done = false;                        // set on the lane
  std::optional<asio::steady_timer> timer;  // the lane's
  std::latch left{1};                       // the worker touches nothing of the lane's any more
};

// The frame of a cancelled call waits for the worker, which ends soon after it was told to stop.
class WaitsForWorker {
 public:
  explicit WaitsForWorker(std::shared_ptr<Job> job) : job_(std::move(job)) {}
  // The timer ends here: the worker may drop the job when the lane is gone already.
  ~WaitsForWorker() {
    if (!job_->done) stop();
    job_->left.wait();
    job_->timer.reset();
  }
  WaitsForWorker(const WaitsForWorker&) = delete;
  WaitsForWorker& operator=(const WaitsForWorker&) = delete;

  void stop() {
    job_->stop = true;
    if (job_->drop) job_->drop();
  }

 private:
  std::shared_ptr<Job> job_;
};

Result<Value> called(const Job& job) {
  try {
    return job.call(job.stop);
  } catch (const std::exception& exception) {
    return fail(codes::kInternal, Fatality::fatal, exception.what());
  }
}

void run_on_worker(const std::shared_ptr<Job>& job, const asio::any_io_executor& lane) {
  if (!job->stop) job->result = called(*job);
  asio::post(lane, [job] {
    job->done = true;
    if (job->timer) job->timer->cancel();
  });
  job->left.count_down();
}

}  // namespace

asio::awaitable<Result<Value>> on_worker(asio::thread_pool& threads, WorkerCall call,
                                         std::function<void()> drop) {
  const auto lane = co_await asio::this_coro::executor;
  auto job = std::make_shared<Job>(std::move(call), std::move(drop), lane);
  asio::post(threads, [job, lane] { run_on_worker(job, lane); });
  WaitsForWorker waits(job);
  while (!job->done) {
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await job->timer->async_wait(token);
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) waits.stop();
  }
  co_return std::move(job->result);
}

}  // namespace gvm::host
