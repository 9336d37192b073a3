#include "store/postgres/pool.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "store/codes.h"
#include "store/postgres/schema.h"

namespace gvm::store::postgres {
namespace {

using std::chrono::milliseconds;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr milliseconds kFirstBackoff{50};
constexpr milliseconds kLongestBackoff{2'000};
constexpr milliseconds kExpiryTick{50};

std::int64_t steady_ms() {
  return std::chrono::duration_cast<milliseconds>(Clock::now().time_since_epoch()).count();
}

milliseconds backoff(unsigned failures) {
  auto wait = kFirstBackoff;
  for (unsigned i = 1; i < failures && wait < kLongestBackoff; ++i) wait *= 2;
  return std::min(wait, kLongestBackoff);
}

}  // namespace

Pool::Pool(Options options, LedgerHealth& health) : options_(std::move(options)), health_(health) {
  for (std::size_t i = 0; i < options_.connections; ++i) {
    workers_.push_back(std::make_unique<Worker>(context_));
    asio::co_spawn(context_, work(*workers_.back()), asio::detached);
  }
  asio::co_spawn(context_, watch(), asio::detached);
  thread_ = std::thread([this] { context_.run(); });
}

void Pool::post(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopped_) {
      if (job.stores) ++storing_;
      asio::post(context_, [this, job = std::move(job)]() mutable { take(std::move(job)); });
      return;
    }
  }
  job.done(fail(codes::kLedgerUnavailable, Fatality::fatal, "the ledger is closed"));
}

bool Pool::flush(milliseconds longest) {
  std::unique_lock lock(mutex_);
  return settled_.wait_for(lock, longest, [this] { return storing_ == 0; });
}

void Pool::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true)) return;
  }
  asio::post(context_, [this] { end_all(); });
  thread_.join();
}

// Wakes everything that waits. Each coroutine then ends by itself, and the thread ends with the
// last one.
void Pool::end_all() {
  stopping_ = true;
  watch_.cancel();
  for (const auto& worker : workers_) {
    worker->pause.cancel();
    worker->connection.interrupt();
  }
  for (auto& job : std::exchange(jobs_, {}))
    finish(std::move(job),
           fail(codes::kLedgerUnavailable, Fatality::fatal, "the ledger is closed"));
}

milliseconds Pool::down_for() const {
  const auto since = down_since_ms_.load(std::memory_order_relaxed);
  return since == 0 ? milliseconds::zero()
                    : milliseconds(std::max<std::int64_t>(1, steady_ms() - since));
}

void Pool::up() {
  down_since_ms_.store(0, std::memory_order_relaxed);
  health_.recovered();
}

void Pool::down(const Error& error) {
  std::int64_t up = 0;
  down_since_ms_.compare_exchange_strong(up, steady_ms());
  health_.failed(error);
}

void Pool::take(Job job) {
  if (job.make_question) {
    auto made = std::exchange(job.make_question, {})();
    if (!made) return finish(std::move(job), fail(std::move(made.error())));
    job.question = std::move(*made);
  }
  jobs_.push_back(std::move(job));
  const auto idle = std::ranges::find_if(workers_, [](const auto& one) { return one->idle; });
  if (idle == workers_.end()) return;
  (*idle)->idle = false;
  (*idle)->pause.cancel();
}

void Pool::finish(Job job, Result<Rows> answer) {
  job.done(std::move(answer));
  if (!job.stores) return;
  const std::lock_guard lock(mutex_);
  if (--storing_ == 0) settled_.notify_all();
}

void Pool::failed(Job job, Error error) {
  const bool broken = error.code() == codes::kLedgerUnavailable;
  if (!broken) ++job.rejections;
  const bool pointless = job.rejections >= (job.deadline.is_never() ? options_.most_rejections : 1);
  if (pointless || stopping_ || job.deadline.expired())
    return finish(std::move(job), fail(std::move(error)));
  jobs_.push_front(std::move(job));
}

asio::awaitable<void> Pool::wait(Worker& worker, Deadline until) {
  worker.pause.expires_at(until.when());
  const auto [ended] = co_await worker.pause.async_wait(kToken);
  (void)ended;
}

asio::awaitable<bool> Pool::connect(Worker& worker) {
  const auto deadline = Deadline::in(options_.connect_timeout);
  auto connected = co_await worker.connection.connect(options_.url, deadline);
  if (connected) connected = co_await migrate(worker.connection, migrations(), deadline);
  if (connected) {
    worker.failures = 0;
    up();
    co_return true;
  }
  worker.connection.close();
  ++worker.failures;
  down(connected.error());
  if (stopping_) co_return false;
  const auto until = Deadline::in(backoff(worker.failures));
  co_await wait(worker, until);
  co_return false;
}

asio::awaitable<void> Pool::work(Worker& worker) {
  while (!stopping_) {
    if (!worker.connection.alive()) {
      const bool connected = co_await connect(worker);
      if (!connected) continue;
    }
    if (jobs_.empty()) {
      worker.idle = true;
      co_await wait(worker, Deadline::never());
      worker.idle = false;
      continue;
    }
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    auto question = job.question;
    const auto deadline = sooner(job.deadline, Deadline::in(options_.answer_timeout));
    auto answer = co_await worker.connection.ask(std::move(question), deadline);
    if (answer) {
      worker.failures = 0;
      up();
      finish(std::move(job), std::move(answer));
      continue;
    }
    const bool pause = worker.connection.alive();  // the server answered, and refused the query
    failed(std::move(job), std::move(answer.error()));
    if (!pause || stopping_) continue;
    const auto until = Deadline::in(backoff(++worker.failures));
    co_await wait(worker, until);
  }
}

void Pool::expire() {
  std::deque<Job> late;
  for (auto at = jobs_.begin(); at != jobs_.end();) {
    if (!at->deadline.expired()) {
      ++at;
      continue;
    }
    late.push_back(std::move(*at));
    at = jobs_.erase(at);
  }
  for (auto& job : late)
    finish(std::move(job), fail(codes::kLedgerUnavailable, Fatality::fatal,
                                "the ledger's database did not answer in time"));
}

asio::awaitable<void> Pool::watch() {
  auto next_tick = Deadline::in(milliseconds::zero());
  while (!stopping_) {
    if (next_tick.expired()) {
      next_tick = Deadline::in(options_.tick_interval);
      options_.tick();
    }
    expire();
    watch_.expires_after(kExpiryTick);
    const auto [ended] = co_await watch_.async_wait(kToken);
    (void)ended;
  }
}

}  // namespace gvm::store::postgres
