#include "script/off_lane.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <ctime>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/error_codes.h"

namespace gvm::script {

namespace asio = boost::asio;

namespace {

constexpr int kNicer = 5;  // than the lanes

// What waits on the lane. Only the lane owns it.
struct Waiter {
  explicit Waiter(const asio::any_io_executor& executor)
      : timer(executor, asio::steady_timer::time_point::max()) {}
  asio::steady_timer timer;
  std::optional<OffLaneResult> outcome;
};

// One call on its way through the background thread, which may outlive the lane.
class Job {
 public:
  Job(std::function<Result<Value>()> work, asio::any_io_executor lane, std::weak_ptr<Waiter> waiter)
      : work_(std::move(work)), lane_(std::move(lane)), waiter_(std::move(waiter)) {}

  // On the background thread.
  void run();
  // On the lane: from here on nobody waits, and nothing of the lane's is touched.
  void drop() {
    const std::lock_guard lock(mutex_);
    lane_.reset();
  }

 private:
  bool is_dropped() {
    const std::lock_guard lock(mutex_);
    return !lane_;
  }

  std::function<Result<Value>()> work_;
  std::mutex mutex_;
  std::optional<asio::any_io_executor> lane_;
  std::weak_ptr<Waiter> waiter_;
};

asio::thread_pool& background() {
  static asio::thread_pool pool(1);
  static const bool lowered = [] {
    asio::post(pool, [] {
      const sched_param none{};
      (void)sched_setscheduler(0, SCHED_BATCH, &none);
      (void)setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNicer);
    });
    return true;
  }();
  (void)lowered;
  return pool;
}

std::chrono::nanoseconds thread_cpu() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

Result<Value> guarded(const std::function<Result<Value>()>& work) {
  try {
    return work();
  } catch (const std::exception& exception) {
    return fail(codes::kInternal, Fatality::fatal, exception.what());
  }
}

void Job::run() {
  if (is_dropped()) return;
  const auto before = thread_cpu();
  auto outcome = std::make_shared<OffLaneResult>(OffLaneResult{guarded(work_), {}});
  outcome->cpu = thread_cpu() - before;
  const std::lock_guard lock(mutex_);
  if (!lane_) return;
  asio::post(*lane_, [waiter = waiter_, outcome] {
    const auto waits = waiter.lock();
    if (waits == nullptr) return;
    waits->outcome.emplace(std::move(*outcome));
    waits->timer.cancel();
  });
}

class DropsJob {
 public:
  explicit DropsJob(std::shared_ptr<Job> job) : job_(std::move(job)) {}
  ~DropsJob() { job_->drop(); }
  DropsJob(const DropsJob&) = delete;

 private:
  std::shared_ptr<Job> job_;
};

}  // namespace

asio::awaitable<OffLaneResult> run_off_lane(std::function<Result<Value>()> work) {
  const auto executor = co_await asio::this_coro::executor;
  const auto waiter = std::make_shared<Waiter>(executor);
  const auto job = std::make_shared<Job>(std::move(work), executor, waiter);
  const DropsJob drops(job);
  asio::post(background(), [job] { job->run(); });
  while (!waiter->outcome) {
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await waiter->timer.async_wait(token);
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() == asio::cancellation_type::none) continue;
    OffLaneResult cancelled{fail(codes::kCancelled, Fatality::user, "the call was cancelled"), {}};
    co_return cancelled;
  }
  co_return std::move(*waiter->outcome);
}

}  // namespace gvm::script
