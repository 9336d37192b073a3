#include "net/lane_watchdog.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "net/thread_stack.h"

namespace gvm::net {
namespace {

constexpr int kTicks = 4;  // of a limit

// A question to one lane. Shared with the lane, which may answer when the watchdog is gone.
struct Question {
  std::atomic<bool> answered{true};
  std::atomic<pid_t> thread{0};  // known from the first answer on
};

}  // namespace

class LaneWatchdog::Impl {
 public:
  Impl(Lanes& lanes, std::chrono::milliseconds limit, WatchdogActions actions)
      : lanes_(lanes),
        tick_(std::max(limit / kTicks, std::chrono::milliseconds(1))),
        actions_(std::move(actions)),
        watched_(lanes.size()) {
    prepare_stacks();
    for (std::size_t lane = 0; lane < watched_.size(); ++lane) ask(lane);
    thread_ = std::thread([this] { run(); });
    pthread_setname_np(thread_.native_handle(), "watchdog");
  }
  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

 private:
  struct Watched {
    std::shared_ptr<Question> question = std::make_shared<Question>();
    int late = 0;  // ticks
  };

  void run() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, tick_, [this] { return ending_; }))
      for (std::size_t lane = 0; lane < watched_.size(); ++lane) look_at(lane);
  }

  void look_at(std::size_t lane) {
    auto& watched = watched_[lane];
    if (!watched.question->answered) {
      if (++watched.late == kTicks) report(lane);
      return;
    }
    if (watched.late >= kTicks) actions_.goes_on(lane);
    watched.late = 0;
    ask(lane);
  }

  void ask(std::size_t lane) {
    const auto question = watched_[lane].question;
    question->answered = false;
    asio::post(lanes_.at(lane).executor(), [question] {
      question->thread = static_cast<pid_t>(::syscall(SYS_gettid));
      question->answered = true;
    });
  }

  void report(std::size_t lane) {
    StuckLane stuck{.lane = lane, .since = tick_ * kTicks, .stack = {}};
    if (const pid_t thread = watched_[lane].question->thread; thread != 0)
      stuck.stack = stack_of(thread);
    actions_.stuck(stuck);
  }

  Lanes& lanes_;
  const std::chrono::milliseconds tick_;
  WatchdogActions actions_;
  std::vector<Watched> watched_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::thread thread_;
};

LaneWatchdog::LaneWatchdog(Lanes& lanes, std::chrono::milliseconds limit, WatchdogActions actions)
    : impl_(std::make_unique<Impl>(lanes, limit, std::move(actions))) {}

LaneWatchdog::~LaneWatchdog() = default;

}  // namespace gvm::net
