#include "host/worker_call.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <latch>
#include <memory>
#include <utility>

#include "base/error_codes.h"

namespace gvm::host {
namespace {

struct Job {
  Job(WorkerCall to_do, const asio::any_io_executor& lane)
      : call(std::move(to_do)), timer(lane, asio::steady_timer::time_point::max()) {}

  WorkerCall call;
  Result<Value> result = fail(codes::kCancelled, Fatality::fatal, "the call was cancelled");
  std::atomic<bool> stop = false;
  bool done = false;  // set on the lane
  asio::steady_timer timer;
  std::latch left{1};  // the worker touches nothing of the lane's any more
};

// The frame of a cancelled call waits for the worker, which ends soon after `stop`.
class WaitsForWorker {
 public:
  explicit WaitsForWorker(std::shared_ptr<Job> job) : job_(std::move(job)) {}
  ~WaitsForWorker() {
    job_->stop = true;
    job_->left.wait();
  }
  WaitsForWorker(const WaitsForWorker&) = delete;
  WaitsForWorker& operator=(const WaitsForWorker&) = delete;

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
    job->timer.cancel();
  });
  job->left.count_down();
}

}  // namespace

asio::awaitable<Result<Value>> on_worker(std::shared_ptr<asio::thread_pool> threads,
                                         WorkerCall call) {
  const auto lane = co_await asio::this_coro::executor;
  auto job = std::make_shared<Job>(std::move(call), lane);
  asio::post(*threads, [job, lane] { run_on_worker(job, lane); });
  const WaitsForWorker waits(job);
  while (!job->done) {
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await job->timer.async_wait(token);
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) job->stop = true;
  }
  co_return std::move(job->result);
}

}  // namespace gvm::host
