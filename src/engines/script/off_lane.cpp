#include "script/off_lane.h"

#include <malloc.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <csignal>
#include <ctime>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/error_codes.h"
#include "base/size.h"
#include "script/convert.h"
#include "script/session.h"
#include "script/vm.h"

namespace gvm::script {

namespace asio = boost::asio;

namespace {

constexpr int kNicer = 5;  // than the lanes
// What is freed goes on being freed for a moment, and what a script does is often done again.
constexpr std::chrono::milliseconds kReturnDelay{500};
// And once more, for what other threads were just about to free.
constexpr std::chrono::milliseconds kSecondDelay{2'000};
// Work that took longer may have left much free memory.
constexpr std::chrono::milliseconds kLongWork{5};

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

  // On the background thread. The processor time it took.
  std::chrono::nanoseconds run();
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

std::atomic<std::uint64_t> memory_returns = 0;

// malloc_trim(3) leaves the free end of a thread's heap alone. free(3) returns it once it is larger
// than a threshold, which by default grows to 64 MiB with the blocks that the process has freed.
void limit_free_ends() {
  constexpr int kLargestFreeEnd = 1024 * 1024;
  mallopt(M_TRIM_THRESHOLD, kLargestFreeEnd);
  mallopt(M_MMAP_THRESHOLD, kLargestFreeEnd);  // both are fixed once one is set
}

}  // namespace

// At its end it finishes what it does, returns memory when that is due, and drops the rest.
class Background {
 public:
  Background() : thread_([this] { run(); }) { limit_free_ends(); }
  ~Background() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  Background(const Background&) = delete;

  void post(std::function<void()> work) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(work));
    }
    changed_.notify_one();
  }

  void return_memory() {
    {
      const std::lock_guard lock(mutex_);
      again_ = true;
      const auto soon = Clock::now() + kReturnDelay;
      if (return_at_ && *return_at_ <= soon) return;
      return_at_ = soon;
    }
    changed_.notify_one();
  }

 private:
  using Clock = std::chrono::steady_clock;

  void run() {
    sigset_t all;  // signals are for the threads that handle them
    sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, nullptr);
    const sched_param none{};
    (void)sched_setscheduler(0, SCHED_BATCH, &none);
    (void)setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNicer);
    while (auto work = next()) work();
  }

  // Waits for work. Nothing at the end.
  std::function<void()> next() {
    std::unique_lock lock(mutex_);
    while (true) {
      if (stopping_ && !return_at_) return {};
      if (!stopping_ && !waiting_.empty()) {
        auto work = std::move(waiting_.front());
        waiting_.pop_front();
        return work;
      }
      if (!return_at_) {
        changed_.wait(lock);
      } else if (!stopping_ && Clock::now() < *return_at_) {
        changed_.wait_until(lock, *return_at_);
      } else {
        return_at_.reset();
        if (std::exchange(again_, false) && !stopping_) return_at_ = Clock::now() + kSecondDelay;
        return [] {
          malloc_trim(0);
          ++memory_returns;
        };
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  std::optional<Clock::time_point> return_at_;
  bool again_ = false;  // once more after that
  bool stopping_ = false;
  std::thread thread_;  // the last: it uses the others
};

namespace {

std::mutex background_mutex;
std::weak_ptr<Background> background_of_process;

// Nothing after the last program.
std::shared_ptr<Background> background() {
  const std::lock_guard lock(background_mutex);
  return background_of_process.lock();
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

std::chrono::nanoseconds Job::run() {
  if (is_dropped()) return {};
  const auto before = thread_cpu();
  auto outcome = std::make_shared<OffLaneResult>(OffLaneResult{guarded(work_), {}});
  if (outcome->result) outcome->bytes = footprint(*outcome->result);
  outcome->cpu = thread_cpu() - before;
  const auto cpu = outcome->cpu;
  const std::lock_guard lock(mutex_);
  if (!lane_) return cpu;
  asio::post(*lane_, [waiter = waiter_, outcome] {
    const auto waits = waiter.lock();
    if (waits == nullptr) return;
    waits->outcome.emplace(std::move(*outcome));
    waits->timer.cancel();
  });
  return cpu;
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

std::shared_ptr<Background> keep_background() {
  const std::lock_guard lock(background_mutex);
  auto kept = background_of_process.lock();
  if (kept == nullptr) {
    kept = std::make_shared<Background>();
    background_of_process = kept;
  }
  return kept;
}

asio::awaitable<OffLaneResult> run_off_lane(std::function<Result<Value>()> work) {
  const auto executor = co_await asio::this_coro::executor;
  const auto waiter = std::make_shared<Waiter>(executor);
  const auto job = std::make_shared<Job>(std::move(work), executor, waiter);
  const DropsJob drops(job);
  const auto thread = keep_background();
  thread->post([job, returns = thread.get()] {
    if (job->run() >= kLongWork) returns->return_memory();
  });
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

asio::awaitable<Result<Value>> run_off_lane(Vm& vm, std::function<Result<Value>()> work) {
  auto outcome = run_off_lane(std::move(work));
  OffLaneResult finished = co_await std::move(outcome);
  vm.add_cpu(finished.cpu);
  vm.session().know_result_size(finished.bytes);
  co_return std::move(finished.result);
}

void drop_off_lane(std::shared_ptr<const void> large) {
  const auto thread = background();
  if (thread == nullptr) return;
  thread->post([held = std::move(large)]() mutable { held.reset(); });
  return_free_memory();
}

void drop_value(Value value, std::size_t bytes) {
  constexpr std::size_t kLarge = 1 * kMiB;
  if (bytes >= kLarge) drop_off_lane(std::make_shared<const Value>(std::move(value)));
}

void return_free_memory() {
  if (const auto thread = background()) thread->return_memory();
}

std::uint64_t free_memory_returns() {
  return memory_returns;
}

}  // namespace gvm::script
